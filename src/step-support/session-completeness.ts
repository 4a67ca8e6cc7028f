import type { SessionStatus } from '#src/core/transfer/destination.ts';
import { provenCount, type SessionRecord } from '#src/core/transfer/upload-rows.ts';
import type { Needs } from './step.ts';

/**
 * True if the replies to reports accepted every chunk of a session, and the service counts no pending or
 * failed chunk.
 */
export function isCompleteByReceipts(
  { session, acceptedIndexes = [], reportedComplete }: SessionRecord,
  counts?: SessionStatus['counts'],
): boolean {
  if (!session || counts?.pending || counts?.failed) return false;
  return reportedComplete === true || acceptedIndexes.length >= session.totalChunks;
}

/**
 * True if a session that the service no longer knows is complete: its receipts cover every chunk, and
 * every chunk has a proof. Its asset then shows whether the bytes are usable. Never true if the upload needs
 * a call of `finish`: receipts do not show that the call was made, and only its reply names the asset.
 */
export async function isProvenComplete(
  { store, destination }: Needs<'store' | 'destination'>,
  transferId: string,
  record: SessionRecord,
  counts?: SessionStatus['counts'],
): Promise<boolean> {
  if (destination.traits.finish === 'explicit') return false;
  if (!isCompleteByReceipts(record, counts)) return false;
  const rows = await store.chunks(transferId, record.number);
  const proven = provenCount(rows);
  return proven >= (record.session?.totalChunks ?? Number.POSITIVE_INFINITY);
}
