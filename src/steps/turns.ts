import { TransferError } from '#src/core/errors.ts';
import {
  leaseRenewalSeconds,
  leaseSeconds,
  maxTurns,
  maxTurnWaitSeconds,
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

/** Times that dead places are cleared from the head at one look; the reconciler clears the rest. */
const maxCleared = 20;

/** What a turn is taken to last before the first one has ended, in milliseconds. */
const assumedTurnMs = 10_000;

/**
 * Keeps the transfer's turn, or takes one if it is next in line, and says so by `announce` before it
 * is kept: a crash may have it said twice, but never not at all. The line is in order of arrival:
 * one may try only while fewer wait before it than turns are free, and not while any that arrived
 * `maxActiveTransfers` places before it still waits.
 * @param since - when it began to wait, in milliseconds since 1970
 * @throws TurnNotReachedError - it has waited too long
 */
export async function haveTurn(
  ports: TurnPorts,
  transfer: TransferRecord,
  since: number,
  announce: () => Promise<void>,
): Promise<TurnFound> {
  if (await isKept(ports, transfer)) return { turn: 'kept', transfer };
  const now = ports.clock.now();
  const place = await placeInLine(ports, transfer, now);
  const line = await lookAtLine(ports, transfer, place, now);
  const taken = line.mayTry ? await takeOne(ports, transfer, line.free, now) : undefined;
  if (taken !== undefined) {
    await announce();
    return { turn: 'taken', transfer: await begin(ports, transfer, place.number, taken) };
  }
  refuseEndless(transfer.transferId, line.ahead, now - since);
  const waitSeconds = await waitFor(ports, place, line);
  const until = now + (waitSeconds + placeGraceSeconds) * 1000;
  await ports.turns.keepPlace({ ...place.kept, until });
  return { turn: 'none', waitSeconds };
}

async function isKept(
  { turns, clock }: TurnPorts,
  { transferId, fence, slot }: TransferRecord,
): Promise<boolean> {
  if (slot === undefined) return false;
  return turns.renewTurn({ slot, transferId, fence, until: leaseFrom(clock.now()) });
}

interface OwnPlace {
  readonly number: number;
  /** Whether numbers drawn before it may still be on their way into the line. */
  readonly isSettling: boolean;
  /** The place as it stands in the line but for its end. */
  readonly kept: Omit<Place, 'until'>;
}

/** Its number, drawn once; a new place is in the line before anything else is looked at. */
async function placeInLine(
  { turns, store }: TurnPorts,
  { transferId, fence, waitingNumber }: TransferRecord,
  now: number,
): Promise<OwnPlace> {
  if (waitingNumber !== undefined) {
    const kept = { number: waitingNumber, transferId };
    return { number: waitingNumber, isSettling: false, kept };
  }
  const { number, previousDrawnAt = 0 } = await turns.drawNumber(now);
  const held = await store.patchTransfer(transferId, fence, { waitingNumber: number }, now);
  if (!held) throw fencedOut(transferId, undefined);
  const kept = { number, transferId };
  await turns.keepPlace({ ...kept, until: now + placeGraceSeconds * 1000 });
  return { number, isSettling: now - previousDrawnAt < placeSettlingMs, kept };
}

/** What a look at the line tells. */
interface Line {
  readonly mayTry: boolean;
  /** Slots to try. */
  readonly free: readonly number[];
  /** Numbers between it and the head of the line: more than truly wait, for some have left. */
  readonly ahead: number;
  /** How long the youngest of the turns that are held has lasted, in milliseconds. */
  readonly youngestMs: number;
}

/** Most are far from the head, and for them the head is all that is read of the line. */
async function lookAtLine(
  ports: TurnPorts,
  { transferId, fence }: TransferRecord,
  { number, isSettling }: OwnPlace,
  now: number,
): Promise<Line> {
  const bound = ports.settings.maxActiveTransfers;
  const held = (await ports.turns.turns(maxTurns)).filter(({ until }) => until >= now);
  const youngestMs = Math.min(...held.map(({ since }) => now - since));
  const own = held.find((turn) => turn.transferId === transferId && turn.fence <= fence);
  if (own) return { mayTry: true, free: [own.slot], ahead: 0, youngestMs };
  const free = freeSlots(bound, held);
  const [head] = await living(ports, 1, now);
  const ahead = Math.max(0, number - (head?.number ?? number));
  if (isSettling || ahead >= bound || free.length === 0) {
    return { mayTry: false, free, ahead, youngestMs };
  }
  const before = (await living(ports, free.length, now)).filter((place) => place.number < number);
  return { mayTry: before.length < free.length, free, ahead, youngestMs };
}

/** Where the bound was lowered, turns beyond it are still held: as many fewer are free. */
function freeSlots(bound: number, held: readonly Turn[]): number[] {
  const taken = new Set(held.map(({ slot }) => slot));
  const slots = Array.from({ length: bound }, (_, i) => i + 1);
  return slots.filter((slot) => !taken.has(slot)).slice(0, Math.max(0, bound - held.length));
}

/** The first of the line; the places of those that died waiting are cleared away. */
async function living({ turns }: TurnPorts, count: number, now: number): Promise<Place[]> {
  for (let cleared = 0; cleared < maxCleared; cleared++) {
    const places = await turns.firstPlaces(count);
    const dead = places.filter(({ until }) => until < now);
    if (dead.length === 0) return places;
    for (const { number } of dead) await turns.leavePlace(number);
  }
  return [];
}

/** Beginning anywhere, so that those who try at once do not all try the same. */
async function takeOne(
  { turns, random }: TurnPorts,
  { transferId, fence }: TransferRecord,
  free: readonly number[],
  now: number,
): Promise<number | undefined> {
  const from = Math.floor(random() * free.length);
  for (const slot of [...free.slice(from), ...free.slice(0, from)]) {
    const turn = { slot, transferId, fence, since: now, until: leaseFrom(now) };
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
    await turns.freeTurn({ slot, transferId, fence }, clock.now());
    throw fencedOut(transferId, undefined);
  }
  return { ...transfer, waitingNumber: number, slot };
}

function refuseEndless(transferId: string, ahead: number, waitedMs: number): void {
  if (waitedMs < maxTurnWaitSeconds * 1000) return;
  throw new TransferError(
    'TurnNotReachedError',
    `transfer ${transferId} has waited ${Math.round(waitedMs / 3_600_000)} h for its turn; about ${ahead} transfers are before it`,
  );
}

/**
 * Half the time that the line before it should take: it gets shorter the nearer its turn is. A turn is
 * taken to last as long as the last ones did, or as the youngest of the present ones already does.
 */
async function waitFor(
  { turns, settings }: TurnPorts,
  { isSettling }: OwnPlace,
  { ahead, youngestMs }: Line,
): Promise<number> {
  const lately = (await turns.turnLength()) ?? assumedTurnMs;
  const turnMs = Math.max(lately, Number.isFinite(youngestMs) ? youngestMs : 0);
  const expectedMs = ((ahead + 1) / settings.maxActiveTransfers) * turnMs;
  // With many turns one comes free often; who looked each second would fill its history.
  const leastMs = Math.max(isSettling ? placeSettlingMs : 1_000, settings.maxActiveTransfers * 20);
  return Math.min(maxWaitSeconds, Math.ceil(Math.max(leastMs, expectedMs / 2) / 1000));
}

/**
 * Renews the turn of a transfer that still sends, as often as its lease is renewed.
 * @returns false when the turn has gone to another transfer: it must wait in line again
 */
export async function keepTurn(
  { turns, clock }: Needs<'turns'>,
  { transferId, fence, state, slot, bytesCompleteAt, leaseUntil }: TransferRecord,
): Promise<boolean> {
  // Settled from outside: its turn was taken from it, even where nobody has it yet.
  if (state !== 'active') return false;
  const now = clock.now();
  const isDue = leaseUntil - now <= (leaseSeconds - leaseRenewalSeconds) * 1000;
  if (slot === undefined || bytesCompleteAt !== undefined || !isDue) return true;
  return turns.renewTurn({ slot, transferId, fence, until: leaseFrom(now) });
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
  { transferId, fence, slot, waitingNumber }: TransferRecord,
): Promise<void> {
  if (slot !== undefined) await turns.freeTurn({ slot, transferId, fence }, clock.now());
  if (waitingNumber !== undefined) await turns.leavePlace(waitingNumber);
}
