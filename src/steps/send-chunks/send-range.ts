import { isTransferError, type TransferError } from '#src/core/errors/errors.ts';
import { leaseRenewalSeconds, leaseSeconds, sendReserveMs } from '#src/core/limits/limits.ts';
import type { ChunkResult } from '#src/core/rates/adaptive-concurrency.ts';
import { ensureAdmitted } from '#src/queue/admission.ts';
import { renewSlot, slotLost } from '#src/queue/slots.ts';
import { readOwnedTransfer } from '#src/transfer/ownership.ts';
import { countRetry, retryCauseOf } from '#src/transfer/retry-counts.ts';
import { retryWithBackoff } from '#src/transfer/retry-with-backoff.ts';
import type { Invocation } from '#src/transfer/step.ts';
import { lengthOfChunk } from './chunk-length.ts';
import { type QueuedChunk, sendChunk } from './send-chunk.ts';
import { measureThroughput, type SendContext } from './send-context.ts';

/** What one call did for its range. */
export interface RangeResult {
  /** Chunks that this call stored. */
  readonly stored: number;
  /** Chunks that still lack a proof. */
  readonly left: number;
  /** The gravest error: a final one, then a lost session, then a throttled side, then any other. */
  readonly error?: TransferError | undefined;
  /** Whether the other ranges would only meet the same end. */
  readonly stopsOthers: boolean;
  /** Whether no chunk was stored because none came to its end in the time of a whole call. */
  readonly ranOutOfTime: boolean;
}

/** Chunks that fail one after the other before the call stops starting others. */
const maxFailuresInARow = 4;

/** What the lanes of one call share. */
interface Work {
  readonly sending: SendContext;
  readonly queue: QueuedChunk[];
  readonly errors: TransferError[];
  stored: number;
  failuresInARow: number;
  slowestMs: number;
}

/**
 * Sends the missing chunks, as many at once as the line, the settings and the service allow. One
 * chunk's failure cancels no other; an error that no chunk can escape stops new ones from starting.
 */
export async function sendRange(sending: SendContext): Promise<RangeResult> {
  const { ports, missing, record } = sending;
  const work = workOf(sending);
  if (missing.length === 0) return endOf(work);
  const beganAt = ports.clock.now();
  const isUnprepared = await prepare(sending).catch(collect(work.errors));
  if (isUnprepared) return endOf(work);
  const chunkConcurrency = Array.from({ length: chunkConcurrencyOf(sending) }, () => runLane(work));
  await Promise.all(chunkConcurrency);
  measureThroughput(sending, beganAt);
  ports.log.info('range ended', {
    transferId: sending.transfer.transferId,
    sessionNumber: record.number,
    stored: work.stored,
    failed: work.errors.length,
    leftMs: sending.invocation.deadline - ports.clock.now(),
  });
  return endOf(work);
}

function workOf(sending: SendContext): Work {
  const queue = sending.missing.map((index) => ({ index, isPostponed: false, mismatches: 0 }));
  return { sending, queue, errors: [], stored: 0, failuresInARow: 0, slowestMs: 0 };
}

function chunkConcurrencyOf({ ports, chunkConcurrency, missing }: SendContext): number {
  const { order, maxInFlight } = ports.destination.traits;
  return order === 'ascending' ? 1 : Math.min(chunkConcurrency, maxInFlight, missing.length);
}

function prepare(sending: SendContext): Promise<void> {
  const { ports, record, missing, invocation } = sending;
  return retryWithBackoff(sending, () =>
    ports.destination.prepareChunks(record.session, missing, { signal: invocation.signal }),
  );
}

async function runLane(work: Work): Promise<void> {
  const { ports, transfer, invocation } = work.sending;
  const control = ports.concurrency(transfer.transferId);
  while (canGoOn(work)) {
    const isAdmitted = await control.acquire(invocation.signal).then(
      () => true,
      () => false,
    );
    if (!isAdmitted) return;
    let result = nothing;
    try {
      const chunk = canGoOn(work) ? work.queue.shift() : undefined;
      if (chunk) result = await sendOne(work, chunk);
    } finally {
      control.release(result);
    }
  }
}

const nothing: ChunkResult = { outcome: 'failed', storedBytes: 0, tookMs: 0 };

async function sendOne(work: Work, chunk: QueuedChunk): Promise<ChunkResult> {
  const { sending } = work;
  const startedAt = sending.ports.clock.now();
  const tookMs = () => sending.ports.clock.now() - startedAt;
  try {
    await renewOwnership(sending);
    const latencyMs = await sendChunk(sending, chunk);
    work.stored++;
    work.failuresInARow = 0;
    work.slowestMs = Math.max(work.slowestMs, tookMs());
    const storedBytes = lengthOfChunk(sending.transfer, sending.record, chunk.index);
    return { outcome: 'stored', storedBytes, tookMs: latencyMs };
  } catch (error) {
    const outcome = outcomeOf(work, chunk, error);
    return { outcome, storedBytes: 0, tookMs: tookMs() };
  }
}

/** A long call renews what it holds as often as many short ones would. */
async function renewOwnership(sending: SendContext): Promise<void> {
  const { ports, transfer, invocation } = sending;
  const now = ports.clock.now();
  if (now - sending.ownedAt < leaseRenewalSeconds * 1000) return;
  sending.ownedAt = now;
  const held = await readOwnedTransfer(ports, transfer, invocation);
  if (!(await renewSlot(ports, held))) throw slotLost(held);
  await ensureAdmitted(ports);
  if (sending.claimedUntil >= invocation.deadline) return;
  sending.claimedUntil = claimEndFrom(now, invocation);
  const { rangeKey, claimedUntil } = sending;
  await ports.store.claimRange(rangeKey, invocation.invocationId, now, claimedUntil);
}

/** A claim ends with its call, and with the lease where a call may last longer. */
export function claimEndFrom(now: number, { deadline }: Invocation): number {
  return Math.min(deadline, now + leaseSeconds * 1000);
}

/** Keeps the error, or puts a chunk behind the others where they may show what is wrong with it. */
function outcomeOf(work: Work, chunk: QueuedChunk, error: unknown): ChunkResult['outcome'] {
  const { ports, transfer, roundId } = work.sending;
  if (!isTransferError(error)) throw error;
  if (canBePostponed(work, chunk, error)) {
    work.queue.push({ ...chunk, isPostponed: true });
    return 'failed';
  }
  work.errors.push(error);
  work.failuresInARow++;
  if (stopsOthers(work, error)) ports.concurrency(transfer.transferId).haltedRound = roundId;
  ports.log.warn('chunk not sent', {
    transferId: transfer.transferId,
    chunkIndex: chunk.index,
    error: error.name,
    reason: error.message,
  });
  if (error.name === 'RequestTimeoutError') return 'slow';
  return isRefusal(error) ? 'refused' : 'failed';
}

function canBePostponed(
  { sending }: Work,
  { isPostponed, mismatches }: QueuedChunk,
  { name }: TransferError,
): boolean {
  const { order } = sending.ports.destination.traits;
  return name === 'ChunkMismatchError' && order === 'any' && !isPostponed && mismatches > 0;
}

function isRefusal({ name }: TransferError): boolean {
  return name === 'PresignedUrlRejectedError' || name === 'UploadRefusedError';
}

function collect(errors: TransferError[]) {
  return (error: unknown): true => {
    if (!isTransferError(error)) throw error;
    errors.push(error);
    return true;
  };
}

/** Whether another chunk may be started, and would not only meet the same end. */
function canGoOn(work: Work): boolean {
  const { ports, transfer, roundId } = work.sending;
  if (work.queue.length === 0 || work.failuresInARow >= maxFailuresInARow) return false;
  if (ports.concurrency(transfer.transferId).haltedRound === roundId) return false;
  const { order } = ports.destination.traits;
  const isOver = work.errors.some(
    (error) => order === 'ascending' || stopsOthers(work, error) || error.name === 'ThrottledError',
  );
  return !isOver && hasTime(work);
}

/** A final refusal of one chunk says nothing of the others where some were stored. */
function stopsOthers({ stored }: Work, { scope, disposition }: TransferError): boolean {
  if (scope === 'chunk') return disposition === 'fail' && stored === 0;
  return disposition === 'fail' || scope === 'session' || scope === 'transfer';
}

/** A chunk is started only if one as slow as the slowest so far would still end in time. */
function hasTime({ sending, slowestMs }: Work): boolean {
  const { ports, invocation } = sending;
  const total = invocation.deadline - ports.clock.now();
  return total > Math.min(sendReserveMs, invocation.lengthMs / 4) && total > slowestMs;
}

function endOf(work: Work): RangeResult {
  const { sending, errors, stored } = work;
  const error =
    errors.find(({ disposition }) => disposition === 'fail') ??
    errors.find(({ scope }) => scope === 'session' || scope === 'transfer') ??
    errors.find(({ name }) => name === 'ThrottledError') ??
    errors[0];
  if (error?.disposition === 'retry') countRetry(sending, retryCauseOf(error));
  const left = sending.missing.length - stored;
  const ranOutOfTime = stored === 0 && sending.cutOff !== undefined;
  const isOver = error !== undefined && stopsOthers(work, error);
  return { stored, left, error, stopsOthers: isOver, ranOutOfTime };
}
