import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { paceOf } from '../transfers/describe-transfer.ts';
import { listTransfers } from '../transfers/list-transfers.ts';
import type { TransferProgress } from '../transfers/transfer-details.ts';
import type { TransferTable } from '../transfers/transfer-table.ts';
import { readProgress } from './read-progress.ts';

/** Queued transfers that are read for one screen; the rest is only counted. */
const mostQueuedRead = 20;

/** Tickets that are counted for one screen. */
const mostCounted = 10_000;

/** Active transfers that are read for one screen. A stack has fewer slots. */
const mostActive = 1_000;

/** Active transfers that are read at once. */
const readAtOnce = 8;

/** An active transfer with its progress. */
export interface Moving {
  readonly details: TransferProgress;
  /** When its chunks were read. Those of a long film are not read for each screen. */
  readonly readAt: number;
  /** Bytes that have a proof. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** Undefined before it is known. */
  readonly bytesPerSecond?: number | undefined;
  readonly secondsLeft?: number | undefined;
}

/** What a stack moves, and who waits, at one time. */
export interface Snapshot {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly moving: readonly Moving[];
  /** The first transfers of the queue. */
  readonly queued: readonly TransferRecord[];
  readonly queuedCount: number;
  /** Whether more wait than were counted. */
  readonly isCountCut: boolean;
  readonly isPaused: boolean;
}

/**
 * Reads the rows of what moves and waits.
 * @param previous - the last snapshot; speeds are those since then
 */
export async function takeSnapshot(
  table: TransferTable,
  now: number,
  previous?: Snapshot,
): Promise<Snapshot> {
  const [active, queue, pause] = await Promise.all([
    listTransfers(table, { states: ['active'], since: now, limit: mostActive }, now),
    readQueue(table),
    table.queue.pause(),
  ]);
  const isPaused = pause !== undefined;
  const records = oldestFirst(active);
  const moving: Moving[] = [];
  for (let at = 0; at < records.length; at += readAtOnce) {
    const group = records.slice(at, at + readAtOnce);
    const read = group.map(async (record) => {
      const before = previous?.moving.find(({ details }) => isSame(details.record, record));
      return movingOf(await readProgress(table, record, isPaused, now, before), now, before);
    });
    moving.push(...(await Promise.all(read)));
  }
  return { at: now, moving, ...queue, isPaused };
}

function isSame(a: TransferRecord, b: TransferRecord): boolean {
  return a.transferId === b.transferId;
}

/** A transfer keeps its line while it moves. */
function oldestFirst(records: readonly TransferRecord[]): TransferRecord[] {
  return records.toSorted(
    (a, b) => a.createdAt - b.createdAt || a.transferId.localeCompare(b.transferId),
  );
}

async function readQueue({ queue, store }: TransferTable) {
  const live = await queue.firstTickets('live', mostCounted);
  const backfill = await queue.firstTickets('backfill', mostCounted - live.length || 1);
  const tickets = [...live, ...backfill];
  const records = await Promise.all(
    tickets.slice(0, mostQueuedRead).map(({ transferId }) => store.transfer(transferId)),
  );
  return {
    queued: records.filter((record) => record !== undefined),
    queuedCount: tickets.length,
    isCountCut: tickets.length >= mostCounted,
  };
}

function movingOf(
  { details, readAt }: Pick<Moving, 'details' | 'readAt'>,
  now: number,
  before: Moving | undefined,
): Moving {
  const pace = paceOf(details, now);
  const moving = { details, readAt, ...pace };
  if (!before) return moving;
  if (readAt === before.readAt)
    return { ...moving, bytesPerSecond: pace.bytesPerSecond && before.bytesPerSecond };
  if (pace.bytes <= before.bytes || readAt <= before.readAt) return moving;
  const bytesPerSecond = (1000 * (pace.bytes - before.bytes)) / (readAt - before.readAt);
  return { ...moving, bytesPerSecond };
}

/** Returns the speed of all transfers together, in bytes a second. */
export function totalSpeed({ moving }: Snapshot): number {
  return moving.reduce((sum, { bytesPerSecond = 0 }) => sum + bytesPerSecond, 0);
}
