import { lengthOf } from '#src/core/source/byte-range.ts';
import { chunkAt } from '#src/core/transfer/chunk-plan.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { UsableSession } from '#src/step-support/ownership.ts';

/** Returns the length of one chunk of a session, in bytes. */
export function lengthOfChunk(
  { source }: TransferRecord,
  { session }: UsableSession,
  index: number,
): number {
  return lengthOf(chunkAt(index, source.sizeBytes, session.chunkSizeBytes).range);
}
