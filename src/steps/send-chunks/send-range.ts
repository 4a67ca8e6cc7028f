import { ensureAdmitted } from '#src/admission/admission.ts';
import { renewSlot, slotLostError } from '#src/admission/slots.ts';
import { errorMeans, nameMeans } from '#src/core/errors/error-meanings.ts';
import { isTransferError, type TransferError } from '#src/core/errors/transfer-error.ts';
import { leaseRenewalSeconds, leaseSeconds, sendReserveMs } from '#src/core/limits/limits.ts';
import type { ChunkResult } from '#src/core/rates/adaptive-concurrency.ts';
import { readOwnedTransfer } from '#src/step-support/ownership.ts';
import { countRetry, retryCauseOf } from '#src/step-support/retry-counts.ts';
import type { Invocation } from '#src/step-support/step.ts';
import { lengthOfChunk } from './chunk-length.ts';
import { ChunkQueue } from './chunk-queue.ts';
import { ProofReporter } from './proof-reporter.ts';
import { type QueuedChunk, sendChunk } from './send-chunk.ts';
import { measureThroughput, type SendContext, sentFields } from './send-context.ts';

/** The result of one call for its range. */
export interface RangeResult {
  /** Chunks that this call stored. */
  readonly stored: number;
  /** Chunks that still have no proof. */
  readonly left: number;
  /** The most serious error: a final one, then a lost session, then a 429, then any other. */
  readonly error?: TransferError | undefined;
  /** True if chunks of other ranges would meet the same error. */
  readonly concernsOtherChunks: boolean;
  /** The error of a report, if all chunks have proofs and some are not reported. */
  readonly reportError?: TransferError | undefined;
  /** True if the call stored no chunk because none ended within the time of a whole call. */
  readonly ranOutOfTime: boolean;
}

/** Failed chunks in a row after which the call starts no further chunk. */
const maxFailuresInARow = 4;

/** What the workers of one call share. */
interface RangeWork {
  readonly context: SendContext;
  readonly queue: ChunkQueue;
  readonly reporter: ProofReporter;
  readonly errors: TransferError[];
  stored: number;
  failuresInARow: number;
  slowestMs: number;
}

/**
 * Sends the missing chunks, as many at once as the connection, the settings and the service allow, and
 * reports their proofs meanwhile. The failure of one chunk cancels no other chunk. An error that every
 * chunk would meet stops new chunks.
 */
export async function sendRange(context: SendContext): Promise<RangeResult> {
  const work = createWork(context);
  const startedAt = context.ports.clock.now();
  await work.queue.open();
  if (work.errors.length === 0 && context.missing.length > 0) {
    const workers = Array.from({ length: concurrencyOf(context) }, () => sendQueuedChunks(work));
    await Promise.all(workers);
    measureThroughput(context, startedAt);
    logRange(work, startedAt);
  }
  return resultOf(work, await endReports(work));
}

function createWork(context: SendContext): RangeWork {
  const errors: TransferError[] = [];
  const queue = new ChunkQueue(context, concurrencyOf(context), (error) => errors.push(error));
  const reporter = new ProofReporter(context, (error) => {
    if (endsSending(error)) errors.push(error);
  });
  return { context, queue, reporter, errors, stored: 0, failuresInARow: 0, slowestMs: 0 };
}

/** True if the error of a report concerns every chunk. A rejected report may have one bad proof. */
function endsSending({ name, disposition, scope }: TransferError): boolean {
  if (nameMeans(name, 'requestRejected')) return false;
  return disposition === 'fail' || scope === 'session' || scope === 'transfer';
}

/** Reports the rest if the range is complete. Otherwise the next call reports it, with more proofs at once. */
async function endReports(work: RangeWork): Promise<TransferError | undefined> {
  const { context, reporter, stored } = work;
  if (stored === context.missing.length) return reporter.finish();
  await reporter.settle();
  return undefined;
}

function concurrencyOf({ chunkConcurrency, missing }: SendContext): number {
  return Math.max(1, Math.min(chunkConcurrency, missing.length));
}

/** Writes one line for all chunks of the call. A chunk that fails has its own line. */
function logRange({ context, stored, errors }: RangeWork, startedAt: number): void {
  const { ports, transfer, record, invocation } = context;
  ports.log.info('range ended', {
    transferId: transfer.transferId,
    sessionNumber: record.number,
    stored,
    ...sentFields(context),
    failed: errors.length,
    tookMs: ports.clock.now() - startedAt,
    leftMs: invocation.deadline - ports.clock.now(),
  });
}

async function sendQueuedChunks(work: RangeWork): Promise<void> {
  const { ports, transfer, invocation } = work.context;
  const control = ports.concurrency(transfer.transferId);
  while (canStartChunk(work)) {
    const hasPermit = await control.acquire(invocation.signal).then(
      () => true,
      () => false,
    );
    if (!hasPermit) return;
    let result = notSent;
    try {
      // Another worker may have met a final error during the wait.
      const chunk = canStartChunk(work) ? await work.queue.next() : undefined;
      if (chunk && canStart(work)) result = await sendOne(work, chunk);
    } finally {
      control.release(result);
    }
  }
}

const notSent: ChunkResult = { outcome: 'failed', storedBytes: 0, tookMs: 0 };

async function sendOne(work: RangeWork, chunk: QueuedChunk): Promise<ChunkResult> {
  const { context } = work;
  const startedAt = context.ports.clock.now();
  const elapsedMs = () => context.ports.clock.now() - startedAt;
  try {
    if (!(await renewRights(context))) return notSent;
    const stored = await sendChunk(context, chunk);
    if (!stored) return notSent;
    const { latencyMs, proof } = stored;
    if (proof) work.reporter.add(proof);
    work.stored++;
    work.failuresInARow = 0;
    work.slowestMs = Math.max(work.slowestMs, elapsedMs());
    const storedBytes = lengthOfChunk(context.transfer, context.record, chunk.index);
    return { outcome: 'stored', storedBytes, tookMs: latencyMs };
  } catch (error) {
    const outcome = recordFailure(work, chunk, error);
    return { outcome, storedBytes: 0, tookMs: elapsedMs() };
  }
}

/**
 * Renews the lease, the slot and the claim during a long call, as often as short calls would. Returns
 * false once another sender has claimed the range: this call then sends nothing more.
 */
async function renewRights(context: SendContext): Promise<boolean> {
  const { ports, transfer, invocation } = context;
  const now = ports.clock.now();
  if (now - context.ownedAt < leaseRenewalSeconds * 1000) return context.lostUntil === undefined;
  context.ownedAt = now;
  const owned = await readOwnedTransfer(ports, transfer, invocation);
  if (!(await renewSlot(ports, owned))) throw slotLostError(owned);
  await ensureAdmitted(ports);
  if (context.claimedUntil < invocation.deadline) await extendClaim(context, now);
  return context.lostUntil === undefined;
}

/** Extends the claim. It may have ended during a chunk that took longer than a lease. */
async function extendClaim(context: SendContext, now: number): Promise<void> {
  const { ports, rangeKey, invocation } = context;
  const { invocationId } = invocation;
  const end = claimEndFrom(now, invocation);
  const claim = await ports.store.claimRange(rangeKey, invocationId, now, end);
  context.claimedUntil = end;
  if (!claim.held) context.lostUntil = claim.until;
}

/** Returns the end of a claim: the deadline of the call, or the end of a lease if that is earlier. */
export function claimEndFrom(now: number, { deadline }: Invocation): number {
  return Math.min(deadline, now + leaseSeconds * 1000);
}

/** Records the error of a chunk, or moves the chunk behind the others, which may explain its mismatch. */
function recordFailure(
  work: RangeWork,
  chunk: QueuedChunk,
  error: unknown,
): ChunkResult['outcome'] {
  const { ports, transfer, roundId } = work.context;
  if (!isTransferError(error)) throw error;
  if (canBePostponed(work, chunk, error)) {
    work.queue.postpone(chunk);
    return 'failed';
  }
  work.errors.push(error);
  work.failuresInARow++;
  if (concernsOtherChunks(work, error))
    ports.concurrency(transfer.transferId).haltedRound = roundId;
  ports.log.warn('chunk not sent', {
    transferId: transfer.transferId,
    chunkIndex: chunk.index,
    error: error.name,
    reason: error.message,
  });
  return outcomeOf(error);
}

function canBePostponed(
  { context }: RangeWork,
  { isPostponed, mismatches }: QueuedChunk,
  { name }: TransferError,
): boolean {
  const { order } = context.ports.destination.traits;
  return nameMeans(name, 'chunkMismatched') && order === 'any' && !isPostponed && mismatches > 0;
}

function outcomeOf({ name }: TransferError): ChunkResult['outcome'] {
  if (nameMeans(name, 'stalled')) return 'slow';
  return nameMeans(name, 'chunkRejected') ? 'rejected' : 'failed';
}

/** True if another chunk can start: one is queued, time is left, and no error so far would stop it. */
function canStartChunk(work: RangeWork): boolean {
  return !work.queue.isEmpty && canStart(work);
}

function canStart(work: RangeWork): boolean {
  const { ports, transfer, roundId, lostUntil } = work.context;
  if (lostUntil !== undefined || work.failuresInARow >= maxFailuresInARow) return false;
  if (ports.concurrency(transfer.transferId).haltedRound === roundId) return false;
  const { order } = ports.destination.traits;
  const isStopped = work.errors.some(
    (error) =>
      order === 'ascending' || concernsOtherChunks(work, error) || errorMeans(error, 'throttled'),
  );
  return !isStopped && hasTime(work);
}

/** True if other chunks would meet the same error. A rejected chunk proves nothing if others were stored. */
function concernsOtherChunks(
  { stored }: RangeWork,
  { scope, disposition }: TransferError,
): boolean {
  if (scope === 'chunk') return disposition === 'fail' && stored === 0;
  return disposition === 'fail' || scope === 'session' || scope === 'transfer';
}

/** True if a chunk as slow as the slowest so far would end before the deadline. */
function hasTime({ context, slowestMs }: RangeWork): boolean {
  const { ports, invocation } = context;
  const leftMs = invocation.deadline - ports.clock.now();
  return leftMs > Math.min(sendReserveMs, invocation.lengthMs / 4) && leftMs > slowestMs;
}

function resultOf(work: RangeWork, reportError: TransferError | undefined): RangeResult {
  const { context, errors, stored } = work;
  const error = mostSerious(errors);
  if (error?.disposition === 'retry') countRetry(context, retryCauseOf(error));
  return {
    stored,
    left: context.missing.length - stored,
    error,
    reportError,
    concernsOtherChunks: error !== undefined && concernsOtherChunks(work, error),
    ranOutOfTime: stored === 0 && context.cutOff !== undefined,
  };
}

function mostSerious(errors: readonly TransferError[]): TransferError | undefined {
  return (
    errors.find(({ disposition }) => disposition === 'fail') ??
    errors.find(({ scope }) => scope === 'session' || scope === 'transfer') ??
    errors.find((error) => errorMeans(error, 'throttled')) ??
    errors[0]
  );
}
