import { TransferError } from '#src/core/errors/errors.ts';
import { lengthOf } from '#src/core/source/byte-range.ts';
import { combineCrcs } from '#src/core/source/crc.ts';
import { chunkAt } from '#src/core/transfer/chunk-plan.ts';
import type { UploadSession } from '#src/core/transfer/destination.ts';
import type { ChunkRecord, TransferRecord } from '#src/core/transfer/transfer.ts';
import type { Needs } from '#src/transfer/step.ts';

/**
 * Compares the object's own checksum with the one combined from the chunks that were sent. A retired
 * proof counts as well: its bytes were read from the same object, and they may be those that arrived.
 * Objects without a full-object CRC have nothing to compare; their chunks were each compared by MD5.
 * @returns false where there is one and the chunks' were not all kept, so that nothing was compared
 * @throws SourceChecksumMismatchError - what was sent is not what S3 holds
 */
export function verifyObjectChecksum(
  { log }: Needs,
  { transferId, source }: TransferRecord,
  session: UploadSession,
  rows: ReadonlyMap<number, ChunkRecord>,
): boolean {
  if (!source.checksum) return true;
  const chunks = [...rows.values()].filter(hasCrc).sort((a, b) => a.index - b.index);
  if (chunks.length !== session.totalChunks) {
    const { totalChunks } = session;
    log.warn('checksum not verifiable', { transferId, known: chunks.length, chunks: totalChunks });
    return false;
  }
  const combined = combineCrcs(
    source.checksum.algorithm,
    chunks.map(({ index, crc }) => ({
      crc,
      sizeBytes: lengthOf(chunkAt(index, source.sizeBytes, session.chunkSizeBytes).range),
    })),
  );
  if (combined === source.checksum.value) return true;
  throw new TransferError(
    'SourceChecksumMismatchError',
    `${source.checksum.algorithm} of the chunks sent is ${combined}, the object's is ${source.checksum.value}`,
  );
}

function hasCrc(chunk: ChunkRecord): chunk is ChunkRecord & { readonly crc: string } {
  return chunk.crc !== undefined;
}
