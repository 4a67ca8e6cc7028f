import { TransferError } from '#src/core/errors/transfer-error.ts';
import { lengthOf } from '#src/core/source/byte-range.ts';
import { combineCrcs } from '#src/core/source/crc.ts';
import { chunkAt } from '#src/core/transfer/chunk-plan.ts';
import type { UploadSession } from '#src/core/transfer/destination.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { ChunkRecord } from '#src/core/transfer/upload-rows.ts';
import type { Needs } from '#src/step-support/step.ts';

/**
 * Compares the object's own checksum with the checksum combined from the chunks that were sent. Retired
 * proofs count as well: their bytes came from the same object and may be the bytes that arrived. An
 * object without a full-object CRC has nothing to compare: only the proofs of its chunks show what arrived.
 * @returns false if the object has a checksum but the row of a chunk has none: nothing was compared
 * @throws SourceChecksumMismatchError - the bytes sent differ from the bytes in S3
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
    `the ${source.checksum.algorithm} of the chunks sent is ${combined}, but the object has ${source.checksum.value}`,
  );
}

function hasCrc(chunk: ChunkRecord): chunk is ChunkRecord & { readonly crc: string } {
  return chunk.crc !== undefined;
}
