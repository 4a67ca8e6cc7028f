import { lengthOf } from '#src/core/byte-range.ts';
import { chunkAt } from '#src/core/chunk-plan.ts';
import { type ChunkProof, etagsLookOpaque, judgeEtag } from '#src/core/chunk-proof.ts';
import type { ChunkDelivery, UploadSession } from '#src/core/destination.ts';
import { TransferError } from '#src/core/errors.ts';
import { digestedBody } from './digested-body.ts';
import { persist } from './persist.ts';
import { countRetry } from './retries.ts';
import { measureChunk, type Sending } from './sending.ts';
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
 * @throws TransferError - what remained after the tries that this call allows
 */
export async function sendChunk(sending: Sending, index: number): Promise<void> {
  let mismatches = 0;
  await persist(sending, async (n) => {
    if (n > 1) await renewUrl(sending, index);
    const { delivery, sums, latencyMs } = await deliver(sending, index);
    const verdict = await judge(sending, index, delivery, sums, mismatches);
    if (verdict === 'mismatch') {
      mismatches++;
      throw new TransferError(
        'ChunkMismatchError',
        `chunk ${index}: the storage's ETag is not the MD5 of the bytes sent`,
      );
    }
    const sizeBytes = sizeOf(sending, index);
    await keep(sending, { index, sizeBytes, proof: delivery.proof, ...sums }, delivery.host);
    measureChunk(sending, delivery, sizeBytes, latencyMs);
  });
}

/** The range's own preparation served the first try. A new URL is a call of its own, so it obeys the rate of the API. */
function renewUrl({ ports, record, invocation }: Sending, index: number): Promise<void> {
  const { signal } = invocation;
  return ports.destination.prepareChunks(record.session, [index], { signal });
}

async function deliver(sending: Sending, index: number): Promise<Delivered> {
  const { ports, transfer, record, invocation } = sending;
  const chunk = chunkAt(index, transfer.source.sizeBytes, record.session.chunkSizeBytes);
  const watch = watchProgress(ports.clock, ports.settings.noProgressMs, invocation, index);
  let askedAt = ports.clock.now();
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
  }
}

/** A serial service's session grows with each chunk; it is durable before the next one goes. */
async function changeSession(sending: Sending, session: UploadSession): Promise<void> {
  const { ports, transfer, record } = sending;
  sending.record = { ...record, session };
  await ports.store.updateSession(transfer.transferId, record.number, session);
}

/** Judges the ETag and remembers what it says of the session's ETags. */
async function judge(
  sending: Sending,
  index: number,
  delivery: ChunkDelivery,
  { md5 }: Sums,
  earlierMismatches: number,
): Promise<'accepted' | 'mismatch'> {
  if (delivery.evidence === 'none') return 'accepted';
  const verdict = judgeEtag(
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

async function becomeOpaque(sending: Sending, index: number): Promise<boolean> {
  const { ports, transfer, record } = sending;
  const mismatched = await ports.store.noteMismatch(transfer.transferId, record.number, index);
  const now = await ports.store.session(transfer.transferId, record.number);
  if (!etagsLookOpaque(now?.etagMode ?? record.etagMode, mismatched)) {
    return now?.etagMode === 'opaque';
  }
  await setMode(sending, 'opaque');
  ports.log.warn('etags taken as opaque', {
    transferId: transfer.transferId,
    sessionNumber: record.number,
  });
  return true;
}

async function setMode(sending: Sending, etagMode: 'md5' | 'opaque'): Promise<void> {
  const { ports, transfer, record } = sending;
  sending.record = { ...record, etagMode };
  await ports.store.setEtagMode(transfer.transferId, record.number, etagMode);
}

/** The proof is durable before the chunk counts as sent. */
async function keep(sending: Sending, proof: ChunkProof, host: string | undefined): Promise<void> {
  const { ports, transfer, record, rows } = sending;
  const retired = rows.get(proof.index)?.generation;
  const kept = await ports.store.keepProof(transfer.transferId, record.number, proof, retired);
  if (kept === 'conflict') {
    ports.log.warn('another proof was kept first', {
      transferId: transfer.transferId,
      chunkIndex: proof.index,
    });
    countRetry(sending, 'ProofConflictError');
    return;
  }
  ports.log.info('chunk proof kept', {
    transferId: transfer.transferId,
    chunkIndex: proof.index,
    sizeBytes: proof.sizeBytes,
    host,
  });
}

function sizeOf({ transfer, record }: Sending, index: number): number {
  return lengthOf(chunkAt(index, transfer.source.sizeBytes, record.session.chunkSizeBytes).range);
}
