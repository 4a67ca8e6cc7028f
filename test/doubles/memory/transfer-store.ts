import { TransferError } from '#src/core/errors/transfer-error.ts';
import {
  addCounts,
  type TransferRecord,
  type TransferState,
} from '#src/core/transfer/transfer-row.ts';
import type { SweepPosition, TransferStore } from '#src/core/transfer/transfer-store.ts';
import { memoryChunkRows } from './chunk-rows.ts';
import { memoryRangeRows } from './range-rows.ts';
import { Rows } from './rows.ts';
import { memorySessionRows } from './session-rows.ts';

/** A store in memory, with methods for tests. */
export interface MemoryTransferStore extends TransferStore {
  /** Returns all stored data as one JSON text. */
  dump(): string;
  /** Makes the next calls of a method fail without effect, like an unreachable table. */
  failNext(method: keyof TransferStore, times?: number): void;
  /** Deletes all rows of a transfer, as if it never was. */
  forget(transferId: string): void;
}

/** All rows of a store. */
interface Tables {
  readonly transfers: Rows<TransferRecord>;
  readonly stateDays: Map<string, string>;
  readonly ingests: Map<string, number>;
  /** The transfer of an execution or an upload. */
  readonly owners: Map<string, string>;
}

/**
 * Creates a transfer store with the conditions of the port and of the table's store: a
 * session is set only while it is opening, and changing a missing session is a bug.
 * @param areCopies - false: callers share the rows and must not change them
 */
export function createMemoryTransferStore(areCopies = true): MemoryTransferStore {
  const tables: Tables = {
    transfers: new Rows(areCopies ? 'frozen' : 'none'),
    stateDays: new Map(),
    ingests: new Map(),
    owners: new Map(),
  };
  const sessions = memorySessionRows(areCopies);
  const chunks = memoryChunkRows(areCopies);
  const ranges = memoryRangeRows(areCopies);
  const { rows: _, ...store } = { ...transferRows(tables), ...sessions, ...chunks, ...ranges };
  const failures = new Map<string, number>();
  const all = [tables.transfers, sessions.rows, chunks.rows, ranges.rows];
  return {
    ...failingAsPlanned(store, failures),
    failNext: (method, times = 1) => void failures.set(method, times),
    forget: (transferId) => {
      for (const rows of all) rows.forget(transferId);
      tables.stateDays.delete(transferId);
    },
    dump: () => JSON.stringify(all.map((rows) => rows.under(''))),
  };
}

function transferRows(tables: Tables): TransferRows {
  return { ...recordRows(tables), ...ingestRows(tables), ...ownerRows(tables), ...lists(tables) };
}

function recordRows({ transfers, stateDays }: Tables) {
  const put = (record: TransferRecord) => {
    transfers.set(record.transferId, record);
    stateDays.set(record.transferId, stateDay(record.state, dayOf(record.changedAt)));
  };
  return {
    transfer: async (transferId) => transfers.get(transferId),
    takeTransfer: async (record, seen) => {
      const now = transfers.get(record.transferId);
      const inherited = ['state', 'fence', 'sessionNumber', 'ticketNumber', 'slot'] as const;
      if (!now !== !seen || inherited.some((field) => now?.[field] !== seen?.[field])) return false;
      put(record);
      return true;
    },
    patchTransfer: async (transferId, fence, patch, now, seen = {}) => {
      const record = transfers.get(transferId);
      if (record?.fence !== fence) return false;
      const fields = Object.entries(seen) as [keyof typeof seen, unknown][];
      if (fields.some(([field, value]) => record[field] !== value)) return false;
      transfers.set(transferId, { ...record, ...patch, changedAt: now });
      if (patch.state) stateDays.set(transferId, stateDay(patch.state, dayOf(now)));
      return true;
    },
    putRejection: async (record) => put(record),
    incrementRetries: async (transferId, counts) => {
      const record = transfers.get(transferId);
      if (record)
        transfers.set(transferId, { ...record, retries: addCounts(record.retries, counts) });
    },
  } satisfies Partial<TransferRows>;
}

function ingestRows({ ingests }: Tables) {
  return {
    latestIngestNumber: async (objectId) => ingests.get(objectId) ?? 1,
    raiseIngestNumber: async (objectId, to) => {
      if ((ingests.get(objectId) ?? 1) !== to - 1) return false;
      ingests.set(objectId, to);
      return true;
    },
  } satisfies Partial<TransferRows>;
}

function ownerRows({ owners }: Tables) {
  return {
    recordExecution: async (id, transferId) => void owners.set(`execution ${id}`, transferId),
    transferOfExecution: async (id) => owners.get(`execution ${id}`),
    recordUpload: async (id, transferId) => void owners.set(`upload ${id}`, transferId),
    transferOfUpload: async (id) => owners.get(`upload ${id}`),
    recordContent: async (id, transferId) => void owners.set(`content ${id}`, transferId),
    transferOfContent: async (id) => owners.get(`content ${id}`),
  } satisfies Partial<TransferRows>;
}

function lists({ transfers, stateDays }: Tables) {
  let position: SweepPosition | undefined;
  return {
    listUnpublished: async function* () {
      const waiting = transfers
        .under('')
        .map(([, record]) => record)
        .filter(({ outcome, outcomePublished }) => outcome !== undefined && !outcomePublished);
      yield* waiting.sort((a, b) => a.changedAt - b.changedAt);
    },
    sweepPosition: async () => position,
    setSweepPosition: async (next) => {
      position = next;
    },
    listTransfers: async function* (state, day, until = Number.POSITIVE_INFINITY) {
      const wanted = stateDay(state, day);
      const ids = [...stateDays].filter(([, listed]) => listed === wanted).map(([id]) => id);
      const rows = ids.sort().map((id) => transfers.get(id) as TransferRecord);
      yield* rows
        .filter(({ changedAt }) => changedAt <= until)
        .sort((a, b) => b.changedAt - a.changedAt);
    },
  } satisfies Partial<TransferRows>;
}

type TransferRows = Pick<
  TransferStore,
  | 'latestIngestNumber'
  | 'raiseIngestNumber'
  | 'transfer'
  | 'takeTransfer'
  | 'patchTransfer'
  | 'putRejection'
  | 'incrementRetries'
  | 'listTransfers'
  | 'sweepPosition'
  | 'setSweepPosition'
  | 'recordExecution'
  | 'transferOfExecution'
  | 'recordUpload'
  | 'transferOfUpload'
  | 'recordContent'
  | 'transferOfContent'
  | 'listUnpublished'
>;

/** Rejected starts are listed as failed. */
function stateDay(state: TransferState, day: string): string {
  return `${state === 'rejected' ? 'failed' : state}#${day}`;
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Makes each method fail as often as planned, within its own promise or iteration. */
function failingAsPlanned(store: TransferStore, failures: Map<string, number>): TransferStore {
  const check = (method: string) => {
    const left = failures.get(method) ?? 0;
    if (left === 0) return;
    failures.set(method, left - 1);
    throw new TransferError('TableUnavailableError', `${method} failed: the table is unreachable.`);
  };
  const { listTransfers, listUnpublished, ...others } = store;
  const checked = Object.entries(others).map(([method, call]) => [
    method,
    async (...parameters: never[]) => {
      check(method);
      return (call as (...parameters: never[]) => unknown)(...parameters);
    },
  ]);
  const list: TransferStore['listTransfers'] = async function* (...parameters) {
    check('listTransfers');
    yield* listTransfers(...parameters);
  };
  const outbox: TransferStore['listUnpublished'] = async function* () {
    check('listUnpublished');
    yield* listUnpublished();
  };
  return {
    ...Object.fromEntries(checked),
    listTransfers: list,
    listUnpublished: outbox,
  } as TransferStore;
}
