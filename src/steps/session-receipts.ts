import type { SessionRecord } from '#src/core/transfer.ts';

/**
 * Whether the replies to reports count every chunk of a session as accepted. Such a session that the
 * service no longer knows is complete: its asset says the rest.
 */
export function isReportedComplete({
  session,
  acceptedChunks = 0,
  reportedComplete,
}: SessionRecord): boolean {
  if (!session) return false;
  return reportedComplete === true || acceptedChunks >= session.totalChunks;
}
