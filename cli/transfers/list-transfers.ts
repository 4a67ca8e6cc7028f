import {
  isOver,
  type TransferRecord,
  type TransferState,
  transferStates,
} from '#src/core/transfer/transfer-row.ts';
import type { TransferTable } from './transfer-table.ts';

/** Which transfers to list. */
export interface ListQuery {
  readonly states: readonly TransferState[];
  /** The earliest change of transfers that are over, in milliseconds since 1970. */
  readonly since: number;
  readonly bucket?: string | undefined;
  /** Only transfers that ended with this error. */
  readonly error?: string | undefined;
  readonly limit: number;
}

const dayMs = 86_400_000;

/** An execution lasts seven days at most, so an active transfer became active within them. */
const activeDays = 8;

/**
 * Lists transfers, newest change first. Reads only rows: queued transfers by their tickets, all others by
 * one query of the index for each state and UTC day.
 */
export async function listTransfers(
  table: TransferTable,
  query: ListQuery,
  now: number,
): Promise<TransferRecord[]> {
  const found = new Map<string, TransferRecord>();
  for (const state of partitionsOf(query.states))
    for await (const record of recordsOf(table, state, query, now))
      if (isWanted(record, query)) found.set(record.transferId, record);
  return [...found.values()].sort((a, b) => b.changedAt - a.changedAt).slice(0, query.limit);
}

/** Rejected starts are listed under `failed`. */
function partitionsOf(states: readonly TransferState[]): TransferState[] {
  return transferStates.filter(
    (state) =>
      state !== 'rejected' &&
      (states.includes(state) || (state === 'failed' && states.includes('rejected'))),
  );
}

function isWanted(record: TransferRecord, { states, since, bucket, error }: ListQuery): boolean {
  const { state, changedAt, source, outcome } = record;
  return (
    states.includes(state) &&
    (!isOver(state) || changedAt >= since) &&
    (bucket === undefined || source.bucket === bucket) &&
    (error === undefined || outcome?.error === error)
  );
}

function recordsOf(
  table: TransferTable,
  state: TransferState,
  query: ListQuery,
  now: number,
): AsyncGenerator<TransferRecord> {
  if (state === 'queued') return queuedRecords(table, query.limit);
  const since = state === 'active' ? now - (activeDays - 1) * dayMs : query.since;
  return recordsByDay(table, state, { ...query, since }, now);
}

async function* queuedRecords({ queue, store }: TransferTable, limit: number) {
  for (const priority of ['live', 'backfill'] as const)
    for (const { transferId } of await queue.firstTickets(priority, limit)) {
      const record = await store.transfer(transferId);
      if (record) yield record;
    }
}

/** Reads the newest day first, newest change first, and stops at the limit. */
async function* recordsByDay(
  { store }: TransferTable,
  state: TransferState,
  query: ListQuery,
  now: number,
) {
  let count = 0;
  for (let day = startOfDay(now); day >= startOfDay(query.since); day -= dayMs) {
    for await (const record of store.listTransfers(
      state,
      new Date(day).toISOString().slice(0, 10),
    )) {
      if (record.changedAt < query.since) return;
      if (!isWanted(record, query)) continue;
      yield record;
      count += 1;
      if (count >= query.limit) return;
    }
  }
}

function startOfDay(time: number): number {
  return Math.floor(time / dayMs) * dayMs;
}
