import { TransferError } from '#src/core/errors/errors.ts';
import { opaqueEvidenceChunks } from '#src/core/limits/limits.ts';
import { chunkAt } from '#src/core/transfer/chunk-plan.ts';
import { areEtagsOpaque, type ChunkProof, checkEtag } from '#src/core/transfer/chunk-proof.ts';
import type { ChunkDelivery, UploadSession } from '#src/core/transfer/destination.ts';
import { countRetry } from '#src/transfer/retry-counts.ts';
import { retryWithBackoff } from '#src/transfer/retry-with-backoff.ts';
import { lengthOfChunk } from './chunk-length.ts';
import { digestedBody } from './digested-body.ts';
import { measureChunk, type SendContext } from './send-context.ts';
import { watchProgress } from './watch-progress.ts';

/** The sum of one chunk's bytes as they went past. */
type Sums = Pick<ChunkProof, 'md5' | 'crc'>;

/** One chunk at its destination, not judged yet. */
interface Delivered {
  readonly delivery: ChunkDelivery;
  readonly sums: Sums;
  /** From the first byte asked of the source. */
  readonly latencyMs: number;
}

/**
 * Moves one chunk from the source to the destination and keeps its proof. Each try reads the range
 * anew and uses an address of its own.
 * @returns the time of the try that stored it, in ms
 * @throws TransferError - what remained after the tries that this call allows
 */
export async function sendChunk(sending: SendContext, chunk: QueuedChunk): Promise<number> {
  const { index, isPostponed } = chunk;
  const known = (error: TransferError) => ({
    ...knownOf(sending, error),
    // Only a mismatch that was judged here has no status of a reply.
    mismatches:
      error.name === 'ChunkMismatchError' && error.status === undefined ? chunk.mismatches : 0,
    canComeLater: !isPostponed && sending.ports.destination.traits.order === 'any',
    isUndecided: canStillBeOpaque(sending),
  });
  const attempt = async (n: number) => {
    if (n > 1 || isPostponed) await renewUrl(sending, index);
    const { delivery, sums, latencyMs } = await deliver(sending, index);
    const verdict = await judge(sending, index, delivery, sums, chunk.mismatches);
    if (verdict === 'mismatch') {
      chunk.mismatches++;
      throw new TransferError(
        'ChunkMismatchError',
        `chunk ${index}: the storage's ETag is not the MD5 of the bytes sent`,
        { origin: 'storage' },
      );
    }
    const sizeBytes = lengthOfChunk(sending.transfer, sending.record, index);
    await keep(sending, { index, sizeBytes, proof: delivery.proof, ...sums }, delivery.host);
    measureChunk(sending, delivery, sizeBytes, latencyMs);
    return latencyMs;
  };
  return retryWithBackoff(sending, attempt, known);
}

/** Other chunks of the session may still show that its ETags are opaque. */
function canStillBeOpaque({ record }: SendContext): boolean {
  return record.etagMode === 'unknown' && record.session.totalChunks >= opaqueEvidenceChunks;
}

/** A chunk that waits to be sent by this call. */
export interface QueuedChunk {
  readonly index: number;
  /** Whether this call has put it behind the others. */
  readonly isPostponed: boolean;
  /** Sends in this call whose ETag was not the MD5 of the bytes; added to in place. */
  mismatches: number;
}

function knownOf(sending: SendContext, { scope }: TransferError) {
  const now = sending.ports.clock.now();
  if (scope === 'chunk') sending.refusedSince ??= now;
  const { refusedSince = now } = sending;
  return { refusedForMs: now - refusedSince };
}

/** The range's own preparation served the first try. A new URL is a call of its own, so it obeys the rate of the API. */
function renewUrl({ ports, record, invocation }: SendContext, index: number): Promise<void> {
  const { signal } = invocation;
  return ports.destination.prepareChunks(record.session, [index], { signal });
}

/** The share of a call's time from which a chunk that was cut off had all of it. */
const wholeCall = 0.8;

async function deliver(sending: SendContext, index: number): Promise<Delivered> {
  const { ports, transfer, record, invocation } = sending;
  const chunk = chunkAt(index, transfer.source.sizeBytes, record.session.chunkSizeBytes);
  const watch = watchProgress(ports.clock, ports.settings.noProgressMs, invocation, index);
  const startedAt = ports.clock.now();
  let askedAt = startedAt;
  try {
    const digested = digestedBody(ports, transfer.source, chunk.range, watch);
    const open = () => {
      askedAt = ports.clock.now();
      return digested.open();
    };
    const body = { sizeBytes: digested.sizeBytes, open };
    const { signal } = watch;
    const delivery = await ports.destination.sendChunk(record.session, chunk, body, { signal });
    const latencyMs = ports.clock.now() - askedAt;
    if (delivery.session) await changeSession(sending, delivery.session);
    return { delivery, sums: digested.sums(), latencyMs };
  } finally {
    watch.stop();
    sending.movedBytes = (sending.movedBytes ?? 0) + watch.movedBytes;
    const tookMs = ports.clock.now() - startedAt;
    if (invocation.signal.aborted && tookMs > wholeCall * invocation.lengthMs)
      sending.cutOff = watch.isReplying ? 'replying' : 'moving';
  }
}

/** A serial service's session grows with each chunk; it is durable before the next one goes. */
async function changeSession(sending: SendContext, session: UploadSession): Promise<void> {
  const { ports, transfer, record } = sending;
  sending.record = { ...record, session };
  await ports.store.updateSession(transfer.transferId, record.number, session);
}

/** Judges the ETag and remembers what it says of the session's ETags. */
async function judge(
  sending: SendContext,
  index: number,
  delivery: ChunkDelivery,
  { md5 }: Sums,
  earlierMismatches: number,
): Promise<'accepted' | 'mismatch'> {
  if (delivery.evidence === 'none') return 'accepted';
  const verdict = checkEtag(
    { etag: delivery.proof, md5, encryption: delivery.encryption },
    sending.record.etagMode,
  );
  if (verdict === 'mismatch') {
    if (earlierMismatches === 0 || !(await becomeOpaque(sending, index))) return 'mismatch';
  } else if (verdict === 'matches' && sending.record.etagMode === 'unknown') {
    await setMode(sending, 'md5');
  }
  return 'accepted';
}

async function becomeOpaque(sending: SendContext, index: number): Promise<boolean> {
  const { ports, transfer, record } = sending;
  const mismatched = await ports.store.recordMismatch(transfer.transferId, record.number, index);
  const now = await ports.store.session(transfer.transferId, record.number);
  const { etagMode = record.etagMode } = now ?? {};
  if (!areEtagsOpaque(etagMode, mismatched)) {
    // Another sender may have learned it.
    sending.record = { ...sending.record, etagMode };
    return etagMode === 'opaque';
  }
  await setMode(sending, 'opaque');
  ports.log.warn('etags taken as opaque', {
    transferId: transfer.transferId,
    sessionNumber: record.number,
  });
  return true;
}

async function setMode(sending: SendContext, etagMode: 'md5' | 'opaque'): Promise<void> {
  const { ports, transfer, record } = sending;
  sending.record = { ...record, etagMode };
  await ports.store.setEtagMode(transfer.transferId, record.number, etagMode);
}

/** The proof is durable before the chunk counts as sent. */
async function keep(
  sending: SendContext,
  proof: ChunkProof,
  host: string | undefined,
): Promise<void> {
  const { ports, transfer, record, rows } = sending;
  const retired = rows.get(proof.index)?.generation;
  const kept = await ports.store.storeProof(transfer.transferId, record.number, proof, retired);
  if (kept === 'conflict') {
    ports.log.warn('another proof was kept first', {
      transferId: transfer.transferId,
      chunkIndex: proof.index,
    });
    countRetry(sending, 'ProofConflict');
    return;
  }
  ports.log.info('chunk proof kept', {
    transferId: transfer.transferId,
    chunkIndex: proof.index,
    sizeBytes: proof.sizeBytes,
    host,
  });
}
