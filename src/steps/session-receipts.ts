import type { SessionStatus } from '#src/core/destination.ts';
import type { SessionRecord } from '#src/core/transfer.ts';

/**
 * True if the replies to reports accepted every chunk of a session, and no count of the service
 * contradicts them. Such a session that the service no longer knows is complete: its asset says what
 * became of the bytes.
 */
export function isCompleteByReceipts(
  { session, acceptedIndexes = [], reportedComplete }: SessionRecord,
  counts?: SessionStatus['counts'],
): boolean {
  if (!session || counts?.pending || counts?.failed) return false;
  return reportedComplete === true || acceptedIndexes.length >= session.totalChunks;
}
