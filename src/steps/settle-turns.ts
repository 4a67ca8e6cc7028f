import { maxTurns } from '#src/core/limits.ts';
import type { Place, Turn } from '#src/core/turns.ts';
import { type Found, type SettleCall, type SettlePorts, workThrough } from './settle-ports.ts';

/** Places read by one run; the table gives some 7,000 at a time, and the gauge ends there. */
const maxPlacesRead = 10_000;

/** Living places whose transfers are looked at: those at the head hold up all behind them. */
const maxHeadPlaces = 100;

/** Counts the turns that are held, and frees those that are past or whose transfer is over. */
export async function freeDeadTurns(ports: SettlePorts, call: SettleCall): Promise<Found> {
  const { turns, clock, meter } = ports;
  const now = clock.now();
  const held = await turns.turns(maxTurns);
  meter.add('ActiveTransfers', held.filter(({ until }) => until >= now).length);
  const turnsFreed = await workThrough(ports, call, held, async (turn) => {
    if (!(await isDead(ports, turn, now))) return false;
    await turns.freeTurn(turn, clock.now());
    return true;
  });
  return { turnsFreed };
}

/** Counts the transfers in line, and clears away the places of those that died or are over. */
export async function freeDeadPlaces(ports: SettlePorts, call: SettleCall): Promise<Found> {
  const { turns, clock, meter } = ports;
  const now = clock.now();
  const places = await turns.firstPlaces(maxPlacesRead);
  const living = places.filter(({ until }) => until >= now);
  meter.add('WaitingTransfers', living.length);
  const past = places.filter(({ until }) => until < now);
  const judged = [...living.slice(0, maxHeadPlaces), ...past];
  const placesFreed = await workThrough(ports, call, judged, async (place) => {
    if (!(await isDead(ports, place, now))) return false;
    await turns.leavePlace(place.number);
    return true;
  });
  return { placesFreed };
}

/** A transfer that has no row keeps what it holds until it is past. */
async function isDead(
  { store }: SettlePorts,
  { transferId, until }: Turn | Place,
  now: number,
): Promise<boolean> {
  if (until < now) return true;
  const row = await store.transfer(transferId);
  return row !== undefined && row.state !== 'active';
}
