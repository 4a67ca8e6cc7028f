import { growingWaitSeconds, wholeWaitSeconds } from '#src/core/errors/backoff.ts';
import { asTransferError, TransferError } from '#src/core/errors/errors.ts';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import { indexesOf } from '#src/core/transfer/chunk-plan.ts';
import { isProven, provenCount, type RangeFailure } from '#src/core/transfer/transfer.ts';
import { ensureAdmitted } from '#src/queue/admission.ts';
import { renewHeldSlot, slotLost } from '#src/queue/slots.ts';
import { readOwnedTransfer, readUsableSession } from '#src/transfer/ownership.ts';
import { rangeFailureOf } from '#src/transfer/range-failure.ts';
import { countRetry } from '#src/transfer/retry-counts.ts';
import { type RangeState, rangeStateSchema, readState } from '#src/transfer/state.ts';
import type { Invocation } from '#src/transfer/step.ts';
import { logWait } from '#src/transfer/wait-out.ts';
import type { SendContext, SendPorts } from './send-context.ts';
import { claimEndFrom, type RangeResult, sendRange } from './send-range.ts';

/** The item's state after one call: its chunks are sent, or it must be called again, or it is over. */
export type SendAnswer = RangeState & {
  readonly next: 'more' | 'wait' | 'sent' | 'stop';
  readonly waitSeconds: number;
};

/**
 * Sends the chunks of one range that have no proof, several in flight, and keeps a proof for each
 * before it counts as sent. Every error is written to the range's row: this step fails only when it
 * can't write. It holds the range for itself until its deadline.
 */
export async function sendChunks(
  ports: SendPorts,
  state: unknown,
  invocation: Invocation,
): Promise<SendAnswer> {
  const item = readState(rangeStateSchema, state);
  const key = { transferId: item.transferId, sessionNumber: item.sessionNumber, n: item.range.n };
  const { clock, store } = ports;
  const { invocationId } = invocation;
  // The range is given back: what it lacks is planned again.
  if (item.calls >= boundOf('callsPerRange')) return after(item, { next: 'stop' });
  const now = clock.now();
  const claim = await store.claimRange(key, invocationId, now, claimEndFrom(now, invocation));
  if (!claim.held) return after(item, waiting((claim.until - now) / 1000));
  const retries: Record<string, number> = {};
  if (claim.tookOver) countRetry({ ports, retries }, 'SenderDied');
  const {
    failure,
    stopsOthers,
    isIdle: _,
    ...end
  } = await attempt(ports, item, invocation, retries);
  await store.releaseRange(key, invocationId, failure, retries);
  if (stopsOthers) await halt(ports, item, invocation);
  return after(item, end);
}

/** What the state of the range becomes. */
type Change = Pick<SendAnswer, 'next'> &
  Partial<Pick<SendAnswer, 'waitSeconds' | 'idleCalls' | 'chunkConcurrency' | 'refusedSince'>>;

type Attempt = Change & {
  readonly failure?: RangeFailure | undefined;
  /** Whether the other ranges of the round would only meet the same end. */
  readonly stopsOthers?: boolean;
  /** Whether the range is given back because its calls stored nothing. */
  readonly isIdle?: boolean;
};

function waiting(seconds: number): Change {
  return { next: 'wait', waitSeconds: wholeWaitSeconds(seconds) };
}

async function halt(
  { store, clock }: SendPorts,
  { transferId, fence, round }: RangeState,
  { executionId }: Invocation,
): Promise<void> {
  const haltedRound = roundId(executionId, round);
  await store.patchTransfer(transferId, fence, { haltedRound }, clock.now());
}

function roundId(executionId: string, round: number): string {
  return `${executionId}#${round}`;
}

async function attempt(
  ports: SendPorts,
  item: RangeState,
  invocation: Invocation,
  retries: Record<string, number>,
): Promise<Attempt> {
  try {
    if (await hasLostSlot(ports, item)) return { next: 'stop' };
    const sending = await sendContextOf(ports, item, invocation, retries);
    if (sending.transfer.haltedRound === sending.roundId) return { next: 'stop' };
    const attempted = attemptOf(sending, item, await sendRange(sending));
    if (!attempted.isIdle) return attempted;
    return { ...attempted, stopsOthers: !(await hasProgressed(ports, item)) };
  } catch (error) {
    return {
      next: 'stop',
      failure: rangeFailureOf(asTransferError(error), item, invocation, ports.clock.now()),
    };
  }
}

/** Whether any range has stored a chunk since the plan: one idle range then says nothing of the others. */
async function hasProgressed(
  { store }: SendPorts,
  { transferId, sessionNumber, proven }: RangeState,
): Promise<boolean> {
  const rows = await store.chunks(transferId, sessionNumber);
  return provenCount(rows) > proven;
}

/** Goes on while chunks are stored; else waits, and in the end gives the range back. */
function attemptOf(sending: SendContext, item: RangeState, end: RangeResult): Attempt {
  const { left, stored, stopsOthers, ranOutOfTime } = end;
  const error = end.error && cutOffError(sending, end.error);
  const { refusedSince, invocation } = sending;
  const failure = error && rangeFailureOf(error, item, invocation, sending.ports.clock.now());
  if (left === 0) return { next: 'sent' };
  if (stopsOthers || error?.disposition === 'fail') return { next: 'stop', failure, stopsOthers };
  const narrower = ranOutOfTime && narrowed(sending, item, failure);
  if (narrower) return narrower;
  if (stored > 0 && error?.retryAfterSeconds === undefined)
    return { next: 'more', idleCalls: 0, chunkConcurrency: wider(sending, item), failure };
  const idleCalls = stored > 0 ? 0 : item.idleCalls + 1;
  const isLong = (error?.retryAfterSeconds ?? 0) > boundOf('longestWait');
  if (isLong) return { next: 'stop', failure, stopsOthers: true };
  if (idleCalls > boundOf('idleCallsPerRange')) return { next: 'stop', failure, isIdle: true };
  const wait = waiting(Math.max(error?.retryAfterSeconds ?? 0, growingWaitSeconds(idleCalls)));
  if (error) showWait(sending, error, wait.waitSeconds ?? 0);
  return { ...wait, idleCalls, refusedSince, failure };
}

/**
 * No chunk came to its end in a whole call: fewer at once, in this range and then of the ranges. With
 * one alone, bytes that still moved say that the line is too slow; a reply that is late does not.
 */
function narrowed(
  sending: SendContext,
  item: RangeState,
  cutOff: RangeFailure | undefined,
): Attempt | undefined {
  const chunkConcurrency = Math.floor(sending.chunkConcurrency / 2);
  if (chunkConcurrency >= 1)
    return { next: 'more', idleCalls: item.idleCalls + 1, chunkConcurrency, failure: cutOff };
  const { invocation, ports } = sending;
  const failure = rangeFailureOf(tooSlow(sending), item, invocation, ports.clock.now());
  const isAlone = item.senders <= 1;
  // A late reply is no slow connection: the error says so while it is waited out.
  if (isAlone && sending.cutOff === 'replying') return undefined;
  const disposition = isAlone ? failure.disposition : 'renew';
  return { next: 'stop', failure: { ...failure, disposition }, stopsOthers: true };
}

/** Chunks in flight after a call that stored some: twice as many, where an earlier call had lowered them. */
function wider({ ports }: SendContext, { chunkConcurrency }: RangeState): number | undefined {
  return chunkConcurrency && Math.min(ports.settings.chunksInFlight, chunkConcurrency * 2);
}

/** The error of a call whose end cut off a chunk that had all its bytes out names the setting. */
function cutOffError({ cutOff, invocation }: SendContext, error: TransferError): TransferError {
  if (cutOff !== 'replying' || error.name !== 'RequestTimeoutError') return error;
  const seconds = Math.round(invocation.lengthMs / 1000);
  return new TransferError(
    'RequestTimeoutError',
    `the upload host did not reply to a whole chunk within one call of ${seconds} s; raise sendTimeoutSeconds`,
    { cause: error, origin: 'storage' },
  );
}

function tooSlow({ record, movedBytes = 0, invocation }: SendContext): TransferError {
  const seconds = invocation.lengthMs / 1000;
  const rate = Math.round(movedBytes / seconds / 1000);
  return new TransferError(
    'LineTooSlowError',
    `a chunk of ${record.session.chunkSizeBytes} bytes did not fit into one call of ${Math.round(seconds)} s (sendTimeoutSeconds): alone it moved at ${rate} kB/s`,
  );
}

function showWait(
  { ports, transfer }: SendContext,
  error: TransferError,
  waitSeconds: number,
): void {
  const { transferId } = transfer;
  logWait(ports, { transferId, step: 'SendChunks' }, error, waitSeconds);
}

/** A service that takes chunks in order can't take this range while the one before it has a gap. */
async function hasLostSlot(
  { store, destination }: SendPorts,
  { transferId, sessionNumber, range }: RangeState,
): Promise<boolean> {
  if (destination.traits.order === 'any' || range.first === 1) return false;
  const before = range.first - 1;
  const rows = await store.chunks(transferId, sessionNumber, before, before);
  return !isProven(rows.get(before));
}

async function sendContextOf(
  ports: SendPorts,
  { transferId, fence, sessionNumber, round, range, chunkConcurrency, refusedSince }: RangeState,
  invocation: Invocation,
  retries: Record<string, number>,
): Promise<SendContext> {
  const transfer = await readOwnedTransfer(ports, { transferId, fence }, invocation);
  if (!(await renewHeldSlot(ports, transfer))) throw slotLost(transfer);
  await ensureAdmitted(ports);
  const record = await readUsableSession(ports, transferId, sessionNumber);
  const rows = await ports.store.chunks(transferId, sessionNumber, range.first, range.last);
  const missing = indexesOf(range).filter((index) => !isProven(rows.get(index)));
  const now = ports.clock.now();
  return {
    ...{ ports, transfer, record, rows, missing, invocation, retries },
    rangeKey: { transferId, sessionNumber, n: range.n },
    claimedUntil: claimEndFrom(now, invocation),
    roundId: roundId(invocation.executionId, round),
    chunkConcurrency: chunkConcurrency ?? ports.settings.chunksInFlight,
    refusedSince,
    ownedAt: now,
  };
}

function after(item: RangeState, change: Change): SendAnswer {
  const { calls, error: _, refusedSince: __, ...kept } = item;
  return { ...kept, calls: calls + 1, waitSeconds: 0, ...change };
}
