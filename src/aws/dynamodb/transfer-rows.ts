import * as z from 'zod/mini';
import { priorities } from '#src/core/queue/queue.ts';
import { mediaTypes } from '#src/core/source/media-types.ts';
import { tableSchema } from '#src/core/stack/table-schema.ts';
import {
  type RetryCounts,
  type TransferRecord,
  type TransferState,
  transferStates,
} from '#src/core/transfer/transfer.ts';
import type {
  SeenTransfer,
  TransferPatch,
  TransferStore,
} from '#src/core/transfer/transfer-store.ts';
import { isUserMetadata, type UserMetadata } from '#src/core/transfer/user-metadata.ts';
import {
  contentKey,
  executionKey,
  ingestsKey,
  type RowKey,
  transferKey,
  uploadKey,
} from './row-keys.ts';
import { countAttributes, readCounts, readRow } from './row-reading.ts';
import type { Condition, Row, TableAccess, TableIndex } from './table-access.ts';

type TransferRows = Pick<
  TransferStore,
  | 'latestIngestNumber'
  | 'raiseIngestNumber'
  | 'transfer'
  | 'takeTransfer'
  | 'patchTransfer'
  | 'putRejection'
  | 'countRetries'
  | 'listTransfers'
  | 'recordExecution'
  | 'transferOfExecution'
  | 'recordUpload'
  | 'transferOfUpload'
  | 'recordContent'
  | 'transferOfContent'
  | 'listUnpublished'
>;

const source = z.object({
  bucket: z.string(),
  key: z.string(),
  versionId: z.optional(z.string()),
  account: z.optional(z.string()),
  region: z.optional(z.string()),
  requestPayer: z.optional(z.boolean()),
  waitWhileDeniedSeconds: z.optional(z.number()),
  etag: z.string(),
  sizeBytes: z.number(),
  contentType: z.optional(z.string()),
  mediaType: z.optional(z.enum(mediaTypes)),
  checksum: z.optional(
    z.object({ algorithm: z.enum(['CRC64NVME', 'CRC32', 'CRC32C']), value: z.string() }),
  ),
  otherChecksum: z.optional(z.string()),
  digests: z.optional(
    z.object({
      sha256: z.optional(z.string()),
      md5: z.optional(z.string()),
      firstPartBytes: z.optional(z.number()),
    }),
  ),
});

const options = z.object({
  filename: z.optional(z.string()),
  userMetadata: z.optional(z.custom<UserMetadata>(isUserMetadata)),
  enableHls: z.optional(z.boolean()),
  enableThumbnail: z.optional(z.boolean()),
  force: z.optional(z.boolean()),
  priority: z.optional(z.enum(priorities)),
});

const transferRow = z.object({
  transferId: z.string(),
  state: z.enum(transferStates),
  destination: z.string(),
  ingestNumber: z.number(),
  source,
  options,
  owner: z.string(),
  fence: z.number(),
  leaseUntil: z.number(),
  sessionNumber: z.number(),
  assetId: z.optional(z.string()),
  ticketNumber: z.optional(z.number()),
  failedStarts: z.optional(z.number()),
  slot: z.optional(z.number()),
  createdAt: z.number(),
  changedAt: z.number(),
  bytesCompleteAt: z.optional(z.number()),
  haltedRound: z.optional(z.string()),
  totalChunks: z.optional(z.number()),
  checksumSkipped: z.optional(z.boolean()),
  outcome: z.optional(z.record(z.string(), z.unknown())),
  outcomePublished: z.boolean(),
});

/** Rows of transfers, and the ingest counters beside them. */
export function transferRows(table: TableAccess, expiry: () => Row): TransferRows {
  return {
    ...belongings(table, expiry),
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
    transfer: async (transferId) => {
      const row = await table.read(transferKey(transferId));
      return row && recordOf(row);
    },
    takeTransfer: (record, seen) =>
      table.write(
        rowOf(record),
        seen ? stillAs(inheritedOf(seen)) : { expression: 'attribute_not_exists(#transferId)' },
      ),
    patchTransfer: async (transferId, fence, patch, now, seen) => {
      const set = { ...patch, ...stateDayOf(patch, now), ...outboxOf(patch), changedAt: now };
      const changed = await table.change(transferKey(transferId), {
        set,
        condition: stillAs({ fence, ...seen }),
      });
      return changed !== false;
    },
    putRejection: async (record) => {
      await table.write({ ...rowOf(record), ...expiry() });
    },
    countRetries: (transferId, counts) => countRetries(table, transferId, counts),
    listTransfers: (state, day) => listRecords(table, tableSchema.stateIndex, stateDay(state, day)),
    listUnpublished: () => listRecords(table, tableSchema.outboxIndex, unpublished, 'ascending'),
  };
}

/** What an execution works on and whose an upload is: small rows that only save a search. */
function belongings(table: TableAccess, expiry: () => Row) {
  const note = async (key: RowKey, owner: string) => {
    await table.write({ ...key, ...expiry(), owner });
  };
  const ownerOf = async (key: RowKey) => {
    const row = await table.read(key);
    return row && readRow(belongingRow, row).owner;
  };
  return {
    recordExecution: (id: string, transferId: string) => note(executionKey(id), transferId),
    transferOfExecution: (id: string) => ownerOf(executionKey(id)),
    recordUpload: (id: string, transferId: string) => note(uploadKey(id), transferId),
    transferOfUpload: (id: string) => ownerOf(uploadKey(id)),
    // Without an expiry: the asset that it leads to has none either.
    recordContent: async (id: string, transferId: string) => {
      await table.write({ ...contentKey(id), owner: transferId });
    },
    transferOfContent: (id: string) => ownerOf(contentKey(id)),
  };
}

const belongingRow = z.object({ owner: z.string() });

const ingestsRow = z.object({ latest: z.number() });

function inheritedOf(seen: SeenTransfer): SeenTransfer {
  const { state, fence, sessionNumber, ticketNumber, slot } = seen;
  return { state, fence, sessionNumber, ticketNumber, slot };
}

/** That each field has its value still; `undefined` stands for one that is not there. */
function stillAs(seen: Readonly<Record<string, unknown>>): Condition {
  const fields = Object.entries(seen);
  const expression = fields.map(([name, value]) =>
    value === undefined ? `attribute_not_exists(#${name})` : `#${name} = :${name}`,
  );
  const values = fields.flatMap(([name, value]) =>
    value === undefined ? [] : [[`:${name}`, value] as const],
  );
  return { expression: expression.join(' AND '), values: Object.fromEntries(values) };
}

/** A row that is gone, or never was, has nothing left to count. */
async function countRetries(
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
  order: 'ascending' | 'descending' = 'descending',
): AsyncGenerator<TransferRecord> {
  for await (const row of table.inIndex(index, partition, order)) yield recordOf(row);
}

const unpublished = 'yes';

/** The mark by which an outcome waits for its event: set with the outcome, gone with the confirmation. */
function outboxOf({ outcome, outcomePublished }: TransferPatch): Row {
  const { partitionKey } = tableSchema.outboxIndex;
  if (outcomePublished) return { [partitionKey]: undefined };
  return outcome === undefined ? {} : { [partitionKey]: unpublished };
}

/**
 * `stateDay` is written whenever the state is, and only then: the state and the UTC day of that
 * write. Later changes of the row move it within its day's list, never to another day.
 */
function stateDayOf({ state }: TransferPatch, now: number): Row {
  if (state === undefined) return {};
  const day = new Date(now).toISOString().slice(0, 10);
  return { [tableSchema.stateIndex.partitionKey]: stateDay(state, day) };
}

/** Refused starts are listed as failed, so that one query finds every failure. */
function stateDay(state: TransferState, day: string): string {
  return `${state === 'refused' ? 'failed' : state}#${day}`;
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

function recordOf(row: Row): TransferRecord {
  return { ...readRow(transferRow, row), retries: readCounts(row) };
}
