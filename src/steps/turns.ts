import { TransferError } from '#src/core/errors.ts';
import {
  leaseRenewalSeconds,
  leaseSeconds,
  maxTurnPolls,
  maxWaitSeconds,
  placeGraceSeconds,
  placeSettlingMs,
} from '#src/core/limits.ts';
import type { TransferRecord } from '#src/core/transfer.ts';
import type { Place, Turn } from '#src/core/turns.ts';
import { fencedOut, leaseFrom } from './ownership.ts';
import type { Needs } from './step.ts';

type TurnPorts = Needs<'store' | 'turns' | 'settings'>;

/** The transfer may send now, or must look again after a while. */
export type TurnFound =
  | { readonly turn: 'kept' | 'taken'; readonly transfer: TransferRecord }
  | { readonly turn: 'none'; readonly waitSeconds: number };

/** What a turn is taken to last before the first one has ended, in milliseconds. */
const assumedTurnMs = 10_000;

/**
 * Keeps the transfer's turn, or takes one if it is next in line, and says so by `announce` before it
 * is kept: a crash may have it said twice, but never not at all. The line is in order of arrival:
 * one may try only while fewer wait before it than turns are free, and not while any that arrived
 * `maxActiveTransfers` places before it still waits.
 * @throws TurnNotReachedError - it has looked too often
 */
export async function haveTurn(
  ports: TurnPorts,
  transfer: TransferRecord,
  polls: number,
  announce: () => Promise<void>,
): Promise<TurnFound> {
  const now = ports.clock.now();
  const { transferId, slot } = transfer;
  if (slot !== undefined) {
    const until = leaseFrom(now);
    if (await ports.turns.renewTurn({ slot, transferId, until })) return { turn: 'kept', transfer };
  }
  const place = await placeInLine(ports, transfer, now);
  const turns = await ports.turns.turns(ports.settings.maxActiveTransfers);
  const own = turns.find((turn) => turn.transferId === transferId);
  const free = own ? [own.slot] : freeSlots(ports, turns, now);
  const first = await living(ports, free.length, now);
  const mayTry =
    own !== undefined || (!place.isSettling && isNext(ports, place.number, first, free));
  const taken = mayTry ? await takeOne(ports, transferId, free, now) : undefined;
  if (taken !== undefined) {
    await announce();
    return { turn: 'taken', transfer: await begin(ports, transfer, place.number, taken) };
  }
  refuseEndless(transferId, place.number - (first[0]?.number ?? place.number), polls);
  return { turn: 'none', waitSeconds: await waitFor(ports, place, first) };
}

interface OwnPlace {
  readonly number: number;
  /** Whether numbers drawn before it may still be on their way into the line. */
  readonly isSettling: boolean;
}

/** Its number, drawn once; its place lives a little longer than until the next look. */
async function placeInLine(
  ports: TurnPorts,
  transfer: TransferRecord,
  now: number,
): Promise<OwnPlace> {
  const { transferId, fence } = transfer;
  const drawn =
    transfer.waitingNumber === undefined ? await ports.turns.drawNumber(now) : undefined;
  const number = drawn?.number ?? (transfer.waitingNumber as number);
  if (drawn) {
    const held = await ports.store.patchTransfer(transferId, fence, { waitingNumber: number }, now);
    if (!held) throw fencedOut(transferId, undefined);
  }
  const until = now + (maxWaitSeconds + placeGraceSeconds) * 1000;
  await ports.turns.keepPlace({ number, transferId, until });
  const isSettling = now - (drawn?.previousDrawnAt ?? 0) < placeSettlingMs;
  return { number, isSettling };
}

function freeSlots({ settings }: TurnPorts, turns: readonly Turn[], now: number): number[] {
  const held = new Set(turns.filter(({ until }) => until >= now).map(({ slot }) => slot));
  const slots = Array.from({ length: settings.maxActiveTransfers }, (_, i) => i + 1);
  return slots.filter((slot) => !held.has(slot));
}

/** The first of the line; the places of those that died waiting are cleared away. */
async function living({ turns, settings }: TurnPorts, free: number, now: number): Promise<Place[]> {
  const places = await turns.firstPlaces(free + settings.maxActiveTransfers);
  const dead = places.filter(({ until }) => until < now);
  for (const { number } of dead) await turns.leavePlace(number);
  return places.filter(({ until }) => until >= now);
}

function isNext(
  { settings }: TurnPorts,
  number: number,
  first: readonly Place[],
  free: readonly number[],
): boolean {
  const rank = first.findIndex((place) => place.number === number);
  const oldest = first[0]?.number ?? number;
  return rank >= 0 && rank < free.length && number - oldest < settings.maxActiveTransfers;
}

/** Beginning anywhere, so that those who try at once do not all try the same. */
async function takeOne(
  { turns, random }: TurnPorts,
  transferId: string,
  free: readonly number[],
  now: number,
): Promise<number | undefined> {
  const from = Math.floor(random() * free.length);
  for (const slot of [...free.slice(from), ...free.slice(0, from)]) {
    const turn = { slot, transferId, since: now, until: leaseFrom(now) };
    if (await turns.takeTurn(turn, now)) return slot;
  }
  return undefined;
}

/**
 * The turn is found again by who holds it, so that the place is left before the row says so: a crash
 * between leaves no place behind that nobody would leave.
 */
async function begin(
  { store, turns, clock }: TurnPorts,
  transfer: TransferRecord,
  number: number,
  slot: number,
): Promise<TransferRecord> {
  const { transferId, fence } = transfer;
  await turns.leavePlace(number);
  if (!(await store.patchTransfer(transferId, fence, { slot }, clock.now()))) {
    await turns.freeTurn(slot, transferId, clock.now());
    throw fencedOut(transferId, undefined);
  }
  return { ...transfer, waitingNumber: number, slot };
}

function refuseEndless(transferId: string, ahead: number, polls: number): void {
  if (polls < maxTurnPolls) return;
  throw new TransferError(
    'TurnNotReachedError',
    `transfer ${transferId} has looked ${polls} times for its turn; about ${ahead} transfers are before it`,
  );
}

/** Half the time that the line before it should take: it gets shorter the nearer its turn is. */
async function waitFor(
  { turns, settings }: TurnPorts,
  { number, isSettling }: OwnPlace,
  first: readonly Place[],
): Promise<number> {
  const ahead = number - (first[0]?.number ?? number);
  const turnMs = (await turns.turnLength()) ?? assumedTurnMs;
  const expectedMs = ((ahead + 1) / settings.maxActiveTransfers) * turnMs;
  const least = isSettling ? placeSettlingMs / 1000 : 1;
  return Math.min(maxWaitSeconds, Math.max(least, Math.ceil(expectedMs / 2000)));
}

/**
 * Renews the turn of a transfer that still sends, as often as its lease is renewed.
 * @returns false when the turn has gone to another transfer: it must wait in line again
 */
export async function keepTurn(
  { turns, clock }: Needs<'turns'>,
  { transferId, state, slot, bytesCompleteAt, leaseUntil }: TransferRecord,
): Promise<boolean> {
  // Settled from outside: its turn was taken from it, even where nobody has it yet.
  if (state !== 'active') return false;
  const now = clock.now();
  const isDue = leaseUntil - now <= (leaseSeconds - leaseRenewalSeconds) * 1000;
  if (slot === undefined || bytesCompleteAt !== undefined || !isDue) return true;
  return turns.renewTurn({ slot, transferId, until: leaseFrom(now) });
}

/** The error of a transfer whose turn has gone to another. */
export function turnLost({ transferId, slot }: TransferRecord): TransferError {
  return new TransferError(
    'TurnLostError',
    `transfer ${transferId} was silent for ${leaseSeconds} s and its turn ${slot} went to another`,
  );
}

/** Gives back the turn and the place in line that a transfer may hold; harmless to repeat. */
export async function leaveTurn(
  { turns, clock }: Needs<'turns'>,
  { transferId, slot, waitingNumber }: TransferRecord,
): Promise<void> {
  if (slot !== undefined) await turns.freeTurn(slot, transferId, clock.now());
  if (waitingNumber !== undefined) await turns.leavePlace(waitingNumber);
}
