import * as z from 'zod/mini';
import { tableKeys } from '#src/core/shared-with-infra/table-keys.ts';
import {
  type RetryCounts,
  type TransferRecord,
  type TransferState,
  transferRecordSchema,
  transferStates,
} from '#src/core/transfer/transfer-row.ts';
import type {
  SeenTransfer,
  TransferPatch,
  TransferStore,
} from '#src/core/transfer/transfer-store.ts';
import type { Condition, Row, TableIndex } from './expressions.ts';
import {
  contentKey,
  executionKey,
  ingestsKey,
  type RowKey,
  sweepKey,
  transferKey,
  uploadKey,
} from './row-keys.ts';
import { countAttributes, readCounts, readRow } from './row-reading.ts';
import type { TableAccess } from './table-access.ts';

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

/**
 * Returns the methods for the rows of transfers, ingest counters and owners. `expiry` returns the TTL
 * attribute of a row that is written now.
 */
export function createTransferMethods(table: TableAccess, expiry: () => Row): TransferRows {
  return {
    ...createIngestMethods(table),
    ...createOwnerMethods(table, expiry),
    ...createRecordMethods(table, expiry),
    ...createSweepMethods(table),
  };
}

function createSweepMethods(table: TableAccess) {
  return {
    sweepPosition: async () => {
      const row = await table.read(sweepKey);
      return row && readRow(sweepRow, row);
    },
    setSweepPosition: async (position) => {
      if (position) await table.write({ ...sweepKey, ...position });
      else await table.remove(sweepKey);
    },
  } satisfies Partial<TransferRows>;
}

const sweepRow = z.object({
  state: z.enum(transferStates),
  day: z.string(),
  until: z.number(),
});

function createIngestMethods(table: TableAccess) {
  return {
    latestIngestNumber: async (objectId) => {
      const row = await table.read(ingestsKey(objectId));
      return row ? readRow(ingestsRow, row).latest : 1;
    },
    raiseIngestNumber: async (objectId, to) => {
      const isFirst = to === 2;
      const changed = await table.change(ingestsKey(objectId), {
        set: { latest: to },
        condition: {
          expression: `#latest = :before${isFirst ? ' OR attribute_not_exists(#latest)' : ''}`,
          values: { ':before': to - 1 },
        },
      });
      return changed !== false;
    },
  } satisfies Partial<TransferRows>;
}

function createRecordMethods(table: TableAccess, expiry: () => Row) {
  return {
    transfer: async (transferId) => {
      const row = await table.read(transferKey(transferId));
      return row && recordOf(row);
    },
    takeTransfer: (record, seen) =>
      table.write(
        rowOf(record),
        seen
          ? unchanged(comparedFields(seen))
          : { expression: 'attribute_not_exists(#transferId)' },
      ),
    patchTransfer: async (transferId, fence, patch, now, seen) => {
      const set = { ...patch, ...stateDayOf(patch, now), ...outboxOf(patch), changedAt: now };
      const changed = await table.change(transferKey(transferId), {
        set,
        condition: unchanged({ fence, ...seen }),
      });
      return changed !== false;
    },
    putRejection: async (record) => {
      await table.write({ ...rowOf(record), ...expiry() });
    },
    incrementRetries: (transferId, counts) => incrementRetries(table, transferId, counts),
    listTransfers: (state, day, until) =>
      listRecords(table, tableKeys.stateIndex, stateDay(state, day), 'descending', until),
    listUnpublished: () => listRecords(table, tableKeys.outboxIndex, unpublished, 'ascending'),
  } satisfies Partial<TransferRows>;
}

/** Returns the methods for the small rows that name the transfer of an execution, an upload or a content. */
function createOwnerMethods(table: TableAccess, expiry: () => Row) {
  const record = async (key: RowKey, owner: string) => {
    await table.write({ ...key, ...expiry(), owner });
  };
  const ownerOf = async (key: RowKey) => {
    const row = await table.read(key);
    return row && readRow(ownerRow, row).owner;
  };
  return {
    recordExecution: (id, transferId) => record(executionKey(id), transferId),
    transferOfExecution: (id) => ownerOf(executionKey(id)),
    recordUpload: (id, transferId) => record(uploadKey(id), transferId),
    transferOfUpload: (id) => ownerOf(uploadKey(id)),
    // No expiry: the content's asset does not expire either.
    recordContent: async (id, transferId) => {
      await table.write({ ...contentKey(id), owner: transferId });
    },
    transferOfContent: (id) => ownerOf(contentKey(id)),
  } satisfies Partial<TransferRows>;
}

const ownerRow = z.object({ owner: z.string() });

const ingestsRow = z.object({ latest: z.number() });

/** Drops all other fields: a caller may pass a whole record. */
function comparedFields(seen: SeenTransfer): SeenTransfer {
  const { state, fence, sessionNumber, ticketNumber, slot } = seen;
  return { state, fence, sessionNumber, ticketNumber, slot };
}

/** Condition: every listed field is unchanged (undefined = absent). */
function unchanged(seen: Readonly<Record<string, unknown>>): Condition {
  const fields = Object.entries(seen);
  const expression = fields.map(([name, value]) =>
    value === undefined ? `attribute_not_exists(#${name})` : `#${name} = :${name}`,
  );
  const values = fields.flatMap(([name, value]) =>
    value === undefined ? [] : [[`:${name}`, value] as const],
  );
  return { expression: expression.join(' AND '), values: Object.fromEntries(values) };
}

/** Adds to a transfer's retry counts. Does nothing for a row that does not exist. */
async function incrementRetries(
  table: TableAccess,
  transferId: string,
  counts: RetryCounts,
): Promise<void> {
  if (Object.keys(counts).length === 0) return;
  await table.change(transferKey(transferId), {
    add: countAttributes(counts),
    condition: { expression: 'attribute_exists(#transferId)' },
  });
}

async function* listRecords(
  table: TableAccess,
  index: TableIndex,
  partition: string,
  order: 'ascending' | 'descending',
  until?: number,
): AsyncGenerator<TransferRecord> {
  for await (const row of table.inIndex(index, partition, order, until)) yield recordOf(row);
}

/** The partition of the outbox index, which holds every transfer whose outcome is not published. */
const unpublished = 'yes';

/** Returns the outbox attribute, which is set with the outcome and removed once it is published. */
function outboxOf({ outcome, outcomePublished }: TransferPatch): Row {
  const { partitionKey } = tableKeys.outboxIndex;
  if (outcomePublished) return { [partitionKey]: undefined };
  return outcome === undefined ? {} : { [partitionKey]: unpublished };
}

/**
 * Returns the attribute `stateDay`: the state and the UTC day on which it was written. It changes
 * with the state only, so later changes leave the row in the list of that day.
 */
function stateDayOf({ state }: TransferPatch, now: number): Row {
  if (state === undefined) return {};
  const day = new Date(now).toISOString().slice(0, 10);
  return { [tableKeys.stateIndex.partitionKey]: stateDay(state, day) };
}

/** Lists rejected starts as failed: one query then finds every failure. */
function stateDay(state: TransferState, day: string): string {
  return `${state === 'rejected' ? 'failed' : state}#${day}`;
}

function rowOf({ retries, ...record }: TransferRecord) {
  return {
    ...record,
    ...countAttributes(retries),
    ...stateDayOf(record, record.changedAt),
    ...outboxOf(record),
    ...transferKey(record.transferId),
  };
}

/** Reads a transfer's row. */
export function recordOf(row: Row): TransferRecord {
  return { ...readRow(transferRecordSchema, row), retries: readCounts(row) };
}
