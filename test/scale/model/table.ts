import type { QueueStore } from '#src/core/queue/queue.ts';
import type { TransferRecord, TransferState } from '#src/core/transfer/transfer-row.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import { createMemoryQueueStore, type MemoryQueueStore } from '../../doubles/memory/queue-store.ts';
import { createMemoryTransferStore } from '../../doubles/memory/transfer-store.ts';
import { assumptions } from './assumptions.ts';
import { type LoadContext, passTime } from './load-context.ts';
import type { Tally } from './units.ts';

/** The methods of both stores that read. All others write one row. */
const reads: ReadonlySet<string> = new Set<keyof TransferStore | keyof QueueStore>([
  ...(['transfer', 'session', 'sessions', 'chunks', 'ranges', 'latestIngestNumber'] as const),
  ...(['transferOfExecution', 'transferOfUpload', 'transferOfContent'] as const),
  ...(['listTransfers', 'listUnpublished', 'lastTicketNumbers', 'firstTickets', 'pause'] as const),
  ...(['queueHead', 'slots', 'sharedRates', 'sweepPosition'] as const),
]);

/** The table in memory. It keeps the rows of transfers that wait or run, and only counts ended ones. */
export interface ModelTable {
  readonly store: TransferStore;
  readonly queue: QueueStore;
  readonly memory: MemoryQueueStore;
  /** Drops the rows of a ready transfer. */
  forget(transferId: string): void;
}

export function openTable(context: LoadContext): ModelTable {
  const memory = createMemoryQueueStore();
  const rows = createMemoryTransferStore(false);
  const owners = new Map<string, string>();
  const owned = new Map<string, string[]>();
  const record = (id: string, transferId: string) => {
    owners.set(id, transferId);
    owned.set(transferId, [...(owned.get(transferId) ?? []), id]);
  };
  const ready = countByDay();
  const store: TransferStore = {
    ...rows,
    recordExecution: async (id, transferId) => record(id, transferId),
    transferOfExecution: async (id) => owners.get(id),
    recordUpload: async (id, transferId) => record(`upload ${id}`, transferId),
    transferOfUpload: async (id) => owners.get(`upload ${id}`),
    listTransfers: (...list) => listed(rows, ready, ...list),
  };
  return {
    store: counted(store, context, () => undefined),
    queue: counted(memory, context, () => passTime(context, assumptions.tableMs)),
    memory,
    forget(transferId) {
      rows.forget(transferId);
      for (const id of owned.get(transferId) ?? []) owners.delete(id);
      owned.delete(transferId);
      ready.add(context.clock.now());
    },
  };
}

/** Counts the transfers that were ready on a day and are dropped. */
function countByDay() {
  const counts = new Map<string, number>();
  const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);
  return {
    add: (at: number) => void counts.set(dayOf(at), (counts.get(dayOf(at)) ?? 0) + 1),
    of: (day: string) => counts.get(day) ?? 0,
  };
}

/** A dropped row as the index lists it: it has one session and no duplicate. */
const droppedRow = { state: 'ready', sessionNumber: 1 } as TransferRecord;

async function* listed(
  rows: TransferStore,
  ready: ReturnType<typeof countByDay>,
  state: TransferState,
  day: string,
  until = Number.POSITIVE_INFINITY,
): AsyncGenerator<TransferRecord> {
  yield* rows.listTransfers(state, day, until);
  if (state !== 'ready') return;
  const start = Date.parse(day);
  const left = Math.min(ready.of(day), until - start);
  // Each row has a time of its own, as a sweep continues by it.
  for (let n = left; n > 0; n--) yield { ...droppedRow, changedAt: start + n };
}

type Call = (...args: never[]) => unknown;

/**
 * Counts each call of a store. The rows that transfers share, slots and tickets, also take time: without
 * it, their calls never overlap. A transfer's own rows have one owner at a time and take none.
 */
function counted<S extends TransferStore | QueueStore>(
  store: S,
  { tally }: LoadContext,
  takeTime: () => Promise<void> | undefined,
): S {
  const methods = Object.entries(store).map(([name, method]) => [
    name,
    name.startsWith('list')
      ? countedList(name, method, tally)
      : countedCall(name, method, tally, takeTime),
  ]);
  return Object.fromEntries(methods) as S;
}

function countedCall(
  name: string,
  method: Call,
  { tableReads, tableWrites, rowsRead }: Tally,
  takeTime: () => Promise<void> | undefined,
) {
  const isRead = reads.has(name);
  return async (...args: never[]) => {
    (isRead ? tableReads : tableWrites).add(name);
    await takeTime();
    const answer = await method(...args);
    if (isRead) rowsRead.add(name, rowsIn(answer));
    return answer;
  };
}

/** A row of an index has about 1 KB, and one page of an index has 1 MB. */
const rowsPerPage = 1_000;

/** Counts a call for each page. */
function countedList(name: string, method: Call, tally: Tally) {
  return async function* (...args: never[]) {
    let rows = 0;
    tally.tableReads.add(name);
    for await (const row of method(...args) as AsyncIterable<TransferRecord>) {
      if (++rows % rowsPerPage === 0) tally.tableReads.add(name);
      tally.rowsRead.add(name);
      yield row;
    }
  };
}

function rowsIn(answer: unknown): number {
  if (answer instanceof Map) return answer.size;
  if (Array.isArray(answer)) return answer.length;
  return answer === undefined ? 0 : 1;
}
