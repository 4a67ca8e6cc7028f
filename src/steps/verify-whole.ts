import { lengthOf } from '#src/core/byte-range.ts';
import { chunkAt } from '#src/core/chunk-plan.ts';
import { combineCrcs } from '#src/core/crc.ts';
import { TransferError } from '#src/core/errors.ts';
import { isProven, type TransferRecord } from '#src/core/transfer.ts';
import type { UsableSession } from './ownership.ts';
import type { Needs } from './step.ts';

/**
 * Compares the object's own checksum with the one combined from the chunks that were sent.
 * Objects without a full-object CRC have nothing to compare; their chunks were each compared by MD5.
 * @returns false where there is one and the chunks' were not all kept, so that nothing was compared
 * @throws SourceChecksumMismatchError - what was sent is not what S3 holds
 */
export async function verifyWhole(
  { store, log }: Needs<'store'>,
  { transferId, source }: TransferRecord,
  { number, session }: UsableSession,
): Promise<boolean> {
  if (!source.checksum) return true;
  const rows = await store.chunks(transferId, number);
  const chunks = [...rows.values()].filter(isProven).sort((a, b) => a.index - b.index);
  if (chunks.length !== session.totalChunks || chunks.some(({ crc }) => crc === undefined)) {
    log.warn('checksum not verifiable', {
      transferId,
      proven: chunks.length,
      chunks: session.totalChunks,
    });
    return false;
  }
  const combined = combineCrcs(
    source.checksum.algorithm,
    chunks.map(({ index, crc }) => ({
      crc: crc as string,
      sizeBytes: lengthOf(chunkAt(index, source.sizeBytes, session.chunkSizeBytes).range),
    })),
  );
  if (combined === source.checksum.value) return true;
  throw new TransferError(
    'SourceChecksumMismatchError',
    `${source.checksum.algorithm} of the chunks sent is ${combined}, the object's is ${source.checksum.value}`,
  );
}
