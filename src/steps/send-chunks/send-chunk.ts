import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { opaqueEvidenceChunks } from '#src/core/limits/limits.ts';
import { chunkAt } from '#src/core/transfer/chunk-plan.ts';
import {
  areEtagsOpaque,
  type ChunkProof,
  checkEtag,
  type EtagMode,
} from '#src/core/transfer/chunk-proof.ts';
import type { ChunkDelivery, UploadSession } from '#src/core/transfer/destination.ts';
import { isProven } from '#src/core/transfer/upload-rows.ts';
import { countRetry } from '#src/step-support/retry-counts.ts';
import { retryWithBackoff } from '#src/step-support/retry-with-backoff.ts';
import { lengthOfChunk } from './chunk-length.ts';
import { type ChunkDigests, DigestedBody } from './digested-body.ts';
import { ProgressWatch } from './progress-watch.ts';
import { measureChunk, type SendContext } from './send-context.ts';

/** A chunk that waits to be sent by this call. */
export interface QueuedChunk {
  readonly index: number;
  /** True if this call has moved the chunk behind the others. */
  readonly isPostponed: boolean;
  /** Sends in this call whose ETag was not the MD5 of the bytes; incremented in place. */
  mismatches: number;
}

/** The reply to one chunk, before its ETag is checked. */
interface SentChunk {
  readonly delivery: ChunkDelivery;
  readonly digests: ChunkDigests;
  /** Time since the first byte was requested from the source, in ms. */
  readonly latencyMs: number;
}

/** A chunk whose proof is in the table. */
export interface StoredChunk {
  /** The stored proof; undefined if it was retired meanwhile. */
  readonly proof: ChunkProof | undefined;
  /** The time of the successful try, in ms. */
  readonly latencyMs: number;
}

/**
 * Sends one chunk from the source to the destination and stores its proof. Each retry reads the range
 * again and uses a new presigned URL. Returns undefined, and stores no proof, if another sender has
 * claimed the range meanwhile: that sender sends the chunk.
 * @throws TransferError - the error of the last try that this call allows
 */
export function sendChunk(
  context: SendContext,
  chunk: QueuedChunk,
): Promise<StoredChunk | undefined> {
  const attempt = async (n: number) => {
    if (context.lostUntil !== undefined) return undefined;
    if (n > 1 || chunk.isPostponed) await renewUrl(context, chunk.index);
    return sendOnce(context, chunk);
  };
  return retryWithBackoff(context, attempt, (error) => retryFacts(context, chunk, error));
}

async function sendOnce(
  context: SendContext,
  chunk: QueuedChunk,
): Promise<StoredChunk | undefined> {
  const { index } = chunk;
  const { delivery, digests, latencyMs } = await streamChunk(context, index);
  if (context.lostUntil !== undefined) return undefined;
  if (!(await isAccepted(context, chunk, delivery, digests))) {
    chunk.mismatches++;
    throw mismatchError(index);
  }
  const sizeBytes = lengthOfChunk(context.transfer, context.record, index);
  const sent = { index, sizeBytes, proof: delivery.proof, ...digests };
  const proof = await storeProof(context, sent);
  measureChunk(context, delivery, sent, latencyMs);
  return { proof, latencyMs };
}

function mismatchError(index: number): TransferError {
  const message = `chunk ${index}: the storage's ETag is not the MD5 of the bytes sent`;
  return new TransferError('ChunkMismatchError', message, { origin: 'storage' });
}

/** Returns what the retry decision needs to know about this chunk. */
function retryFacts(context: SendContext, chunk: QueuedChunk, error: TransferError) {
  // A reply that reports a mismatch itself has a status. It does not count as a compared ETag.
  const isComparedEtag = errorMeans(error, 'chunkMismatched') && error.status === undefined;
  const { order } = context.ports.destination.traits;
  return {
    rejectedForMs: recordRejection(context, error),
    mismatches: isComparedEtag ? chunk.mismatches : 0,
    canComeLater: !chunk.isPostponed && order === 'any',
    isUndecided: canBecomeOpaque(context),
  };
}

/** True if other chunks of the session may still show that its ETags are opaque. */
function canBecomeOpaque({ record }: SendContext): boolean {
  return record.etagMode === 'unknown' && record.session.totalChunks >= opaqueEvidenceChunks;
}

/** Returns how long the upload host has rejected every chunk, in ms. */
function recordRejection(context: SendContext, { scope }: TransferError): number {
  const now = context.ports.clock.now();
  if (scope === 'chunk') context.rejectedSince ??= now;
  return now - (context.rejectedSince ?? now);
}

/**
 * Obtains a new presigned URL. The first try uses the URL that was prepared for the whole range. A new
 * URL is a request of its own, so the call rate of the API applies to it.
 */
function renewUrl({ ports, record, invocation }: SendContext, index: number): Promise<void> {
  const { signal } = invocation;
  return ports.destination.prepareChunks(record.session, [index], { signal });
}

async function streamChunk(context: SendContext, index: number): Promise<SentChunk> {
  const { ports, transfer, record, invocation } = context;
  const chunk = chunkAt(index, transfer.source.sizeBytes, record.session.chunkSizeBytes);
  const watch = new ProgressWatch(ports.clock, ports.settings.noProgressMs, invocation, index);
  const startedAt = ports.clock.now();
  let requestedAt = startedAt;
  try {
    const beginWhole = () => context.wholeDigest?.begin(index);
    const digested = new DigestedBody(ports, transfer.source, chunk.range, watch, beginWhole);
    const open = () => {
      requestedAt = ports.clock.now();
      return digested.open();
    };
    const body = { sizeBytes: digested.sizeBytes, open };
    const { signal } = watch;
    const delivery = await ports.destination.sendChunk(record.session, chunk, body, { signal });
    const latencyMs = ports.clock.now() - requestedAt;
    if (digested.isRead) context.wholeDigest?.end(index);
    if (delivery.session) await storeSession(context, delivery.session);
    return { delivery, digests: digested.digests(delivery.proof), latencyMs };
  } finally {
    watch.stop();
    context.movedBytes = (context.movedBytes ?? 0) + watch.movedBytes;
    recordCutOff(context, ports.clock.now() - startedAt, watch.isReplying);
  }
}

/** The share of a call's time that a chunk must have had before its cut-off means that it is too slow. */
const wholeCallShare = 0.8;

function recordCutOff(context: SendContext, tookMs: number, isReplying: boolean): void {
  const { signal, lengthMs } = context.invocation;
  if (signal.aborted && tookMs > wholeCallShare * lengthMs)
    context.cutOff = isReplying ? 'replying' : 'moving';
}

/** The session of an ordered service may change with each chunk. A changed one is stored before the next chunk. */
async function storeSession(context: SendContext, session: UploadSession): Promise<void> {
  const { ports, transfer, record } = context;
  const md5 = context.wholeDigest?.hexAfter(session.totalChunks);
  const stored = md5 === undefined ? session : { ...session, md5 };
  if (JSON.stringify(stored) === JSON.stringify(record.session)) return;
  context.record = { ...record, session: stored };
  await ports.store.updateSession(transfer.transferId, record.number, stored);
}

/** Compares the ETag with the MD5 of the bytes, and stores what that shows about the session's ETags. */
async function isAccepted(
  context: SendContext,
  { index, mismatches }: QueuedChunk,
  { evidence, proof, encryption }: ChunkDelivery,
  { md5 }: ChunkDigests,
): Promise<boolean> {
  if (evidence === 'none') return true;
  const { etagMode } = context.record;
  const result = checkEtag({ etag: proof, md5, encryption }, etagMode);
  if (result === 'mismatch') return mismatches > 0 && (await becomesOpaque(context, index));
  if (result === 'matches' && etagMode === 'unknown') await setEtagMode(context, 'md5');
  return true;
}

/** Records a chunk that mismatched twice. True if the ETags of the session count as opaque from now on. */
async function becomesOpaque(context: SendContext, index: number): Promise<boolean> {
  const { ports, transfer, record } = context;
  const { transferId } = transfer;
  const mismatched = await ports.store.recordMismatch(transferId, record.number, index);
  const current = await ports.store.session(transferId, record.number);
  const { etagMode = record.etagMode } = current ?? {};
  if (!areEtagsOpaque(etagMode, mismatched)) {
    // Another sender may have set the mode.
    context.record = { ...context.record, etagMode };
    return etagMode === 'opaque';
  }
  if ((await setEtagMode(context, 'opaque')) !== 'opaque') return false;
  ports.log.warn('etags treated as opaque', { transferId, sessionNumber: record.number });
  return true;
}

/** Records the mode. Returns the mode of the session: another sender's chunk may have matched meanwhile. */
async function setEtagMode(context: SendContext, mode: 'md5' | 'opaque'): Promise<EtagMode> {
  const { ports, transfer, record } = context;
  const etagMode = await ports.store.setEtagMode(transfer.transferId, record.number, mode);
  context.record = { ...context.record, etagMode };
  return etagMode;
}

/** Stores the proof, and returns the stored one. Only then does the chunk count as sent. */
async function storeProof(
  context: SendContext,
  proof: ChunkProof,
): Promise<ChunkProof | undefined> {
  const { ports, transfer, record, rows } = context;
  const { transferId } = transfer;
  const { index: chunkIndex } = proof;
  const retired = rows.get(chunkIndex)?.generation;
  const result = await ports.store.storeProof(transferId, record.number, proof, retired);
  if (result === 'conflict') {
    ports.log.warn('another proof was stored first', { transferId, chunkIndex });
    countRetry(context, 'ProofConflict');
    const stored = await ports.store.chunks(transferId, record.number, chunkIndex, chunkIndex);
    const other = stored.get(chunkIndex);
    return isProven(other) ? other : undefined;
  }
  return proof;
}
