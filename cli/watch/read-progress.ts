import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { provenOf, type TransferProgress } from '../transfers/transfer-details.ts';
import type { TransferTable } from '../transfers/transfer-table.ts';

/** The age from which chunks are read again, in ms for each chunk: 5 s for 500 chunks, 20 s for 10 GiB in 5 MiB. */
const ageMsPerChunk = 10;

/** A progress and when its chunks were read. */
export interface ReadProgress {
  readonly details: TransferProgress;
  readonly readAt: number;
}

/**
 * Reads how far an active transfer is: only the rows that may have changed. Its session never changes after
 * the reply to the create call, and all bytes of a complete one are proven.
 * @param before - what the last read found
 */
export async function readProgress(
  { store }: TransferTable,
  record: TransferRecord,
  isPaused: boolean,
  now: number,
  before: ReadProgress | undefined,
): Promise<ReadProgress> {
  const { transferId, sessionNumber } = record;
  const known = before?.details.record.sessionNumber === sessionNumber ? before : undefined;
  if (sessionNumber === 0) return { details: { ...unproven, record, isPaused }, readAt: now };
  const isComplete = record.bytesCompleteAt !== undefined;
  const isFresh = known !== undefined && !isComplete && isStillFresh(known, now);
  const [session, proven] = await Promise.all([
    known?.details.session?.session
      ? known.details.session
      : store.session(transferId, sessionNumber),
    isFresh || isComplete ? undefined : store.chunks(transferId, sessionNumber).then(provenOf),
  ]);
  const { provenChunks, provenBytes } = proven ?? known?.details ?? unproven;
  const details = { record, session, provenChunks, provenBytes, isPaused };
  return { details, readAt: isFresh ? known.readAt : now };
}

const unproven = { provenChunks: 0, provenBytes: 0 };

function isStillFresh({ details, readAt }: ReadProgress, now: number): boolean {
  return now - readAt < ageMsPerChunk * (details.session?.session?.totalChunks ?? 0);
}
