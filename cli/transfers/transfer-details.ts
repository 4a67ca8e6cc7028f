import {
  addCounts,
  type RetryCounts,
  type TransferRecord,
} from '#src/core/transfer/transfer-row.ts';
import {
  type ChunkRecord,
  isProven,
  type RangeRecord,
  type SessionRecord,
} from '#src/core/transfer/upload-rows.ts';
import type { TransferTable } from './transfer-table.ts';

/** A transfer with how far it is. */
export interface TransferProgress {
  readonly record: TransferRecord;
  /** The session in use; undefined before the first. */
  readonly session?: SessionRecord | undefined;
  /** Chunks of the session that have a proof, and their bytes. */
  readonly provenChunks: number;
  readonly provenBytes: number;
  /** The place in the queue, from 1; only for a queued transfer among the first thousand. */
  readonly position?: number | undefined;
  /** Whether an operator has paused the stack. */
  readonly isPaused: boolean;
}

/** A transfer with what its other rows say. */
export interface TransferDetails extends TransferProgress {
  readonly ranges: readonly RangeRecord[];
  readonly retries: RetryCounts;
}

/** Tickets that are read to find a place in the queue. */
const mostTickets = 1_000;

/** Reads the rows of a transfer. */
export async function readDetails(
  table: TransferTable,
  record: TransferRecord,
): Promise<TransferDetails> {
  const { transferId, sessionNumber } = record;
  const { store, queue } = table;
  const [session, chunks, ranges, pause] = await Promise.all([
    sessionNumber > 0 ? store.session(transferId, sessionNumber) : undefined,
    sessionNumber > 0 ? store.chunks(transferId, sessionNumber) : [],
    sessionNumber > 0 ? store.ranges(transferId, sessionNumber) : [],
    queue.pause(),
  ]);
  return {
    record,
    session,
    ranges,
    ...provenOf(chunks),
    retries: ranges.reduce((sum, range) => addCounts(sum, range.retries), record.retries),
    position: record.state === 'queued' ? await positionOf(table, record) : undefined,
    isPaused: pause !== undefined,
  };
}

/** Sums the chunks that have a proof. */
export function provenOf(chunks: Iterable<readonly [number, ChunkRecord]>) {
  const proven = [...chunks].map(([, chunk]) => chunk).filter(isProven);
  return {
    provenChunks: proven.length,
    provenBytes: proven.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

async function positionOf({ queue }: TransferTable, { transferId }: TransferRecord) {
  const live = await queue.firstTickets('live', mostTickets);
  const backfill = await queue.firstTickets('backfill', mostTickets);
  const index = [...live, ...backfill].findIndex((ticket) => ticket.transferId === transferId);
  return index < 0 ? undefined : index + 1;
}

/** Returns what a new start moves again, as a sentence. */
export function movedAgain(details: TransferDetails, now: number): string {
  const { record, session, provenBytes } = details;
  const total = record.source.sizeBytes;
  if (record.assetId !== undefined && record.bytesCompleteAt !== undefined)
    return record.outcome?.error === 'AssetFailedError'
      ? 'All bytes are moved again, into a new asset.'
      : 'No bytes are moved again: it waits for the asset.';
  const expiresAt = session?.session?.expiresAt;
  const isUsable = session?.state === 'open' && (expiresAt === undefined || expiresAt > now);
  if (!isUsable || provenBytes === 0) return 'All bytes are moved.';
  return `It continues: ${percent(provenBytes, total)} has a proof and is not moved again.`;
}

/** Formats a share as `42 %`. */
export function percent(part: number, whole: number): string {
  return `${whole === 0 ? 0 : Math.floor((100 * part) / whole)} %`;
}
