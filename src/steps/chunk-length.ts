import { lengthOf } from '#src/core/byte-range.ts';
import { chunkAt } from '#src/core/chunk-plan.ts';
import type { TransferRecord } from '#src/core/transfer.ts';
import type { UsableSession } from './ownership.ts';

/** Bytes of one chunk of a transfer's session. */
export function lengthOfChunk(
  { source }: TransferRecord,
  { session }: UsableSession,
  index: number,
): number {
  return lengthOf(chunkAt(index, source.sizeBytes, session.chunkSizeBytes).range);
}
