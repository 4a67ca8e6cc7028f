import * as z from 'zod/mini';
import type { TransferPatch, TransferStore } from '#src/core/ports.ts';
import { tableSchema } from '#src/core/table-schema.ts';
import type { RetryCounts, TransferRecord, TransferState } from '#src/core/transfer.ts';
import { ingestsKey, transferKey } from './row-keys.ts';
import { countAttributes, readCounts, readRow } from './row-reading.ts';
import type { Row, TableAccess } from './table-access.ts';

type TransferRows = Pick<
  TransferStore,
  | 'latestIngest'
  | 'raiseIngest'
  | 'transfer'
  | 'takeTransfer'
  | 'patchTransfer'
  | 'putRefusal'
  | 'countRetries'
  | 'listTransfers'
>;

const source = z.object({
  bucket: z.string(),
  key: z.string(),
  versionId: z.optional(z.string()),
  etag: z.string(),
  sizeBytes: z.number(),
  contentType: z.optional(z.string()),
  checksum: z.optional(
    z.object({ algorithm: z.enum(['CRC64NVME', 'CRC32', 'CRC32C']), value: z.string() }),
  ),
});

const options = z.object({
  filename: z.optional(z.string()),
  userMetadata: z.optional(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))),
  enableHls: z.optional(z.boolean()),
  enableThumbnail: z.optional(z.boolean()),
  force: z.optional(z.boolean()),
});

const transferRow = z.object({
  transferId: z.string(),
  state: z.enum(['active', 'ready', 'failed', 'superseded', 'refused']),
  destination: z.string(),
  ingest: z.number(),
  source,
  options,
  owner: z.string(),
  fence: z.number(),
  leaseUntil: z.number(),
  sessionNumber: z.number(),
  assetId: z.optional(z.string()),
  createdAt: z.number(),
  changedAt: z.number(),
  bytesCompleteAt: z.optional(z.number()),
  totalChunks: z.optional(z.number()),
  outcome: z.optional(z.record(z.string(), z.unknown())),
  announced: z.boolean(),
});

/** Rows of transfers, and the ingest counters beside them. */
export function transferRows(table: TableAccess): TransferRows {
  return {
    latestIngest: async (objectId) => {
      const row = await table.read(ingestsKey(objectId));
      return row ? readRow(ingestsRow, row).latest : 1;
    },
    raiseIngest: async (objectId, to) => {
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
    takeTransfer: (record, seenFence) =>
      table.write(
        rowOf(record),
        seenFence === undefined
          ? { expression: 'attribute_not_exists(#transferId)' }
          : fenceIs(seenFence),
      ),
    patchTransfer: async (transferId, fence, patch, now) => {
      const set = { ...patch, ...stateDayOf(patch, now), changedAt: now };
      const changed = await table.change(transferKey(transferId), {
        set,
        condition: fenceIs(fence),
      });
      return changed !== false;
    },
    putRefusal: async (record) => {
      await table.write(rowOf(record));
    },
    countRetries: (transferId, counts) => countRetries(table, transferId, counts),
    listTransfers: (state, day) => listTransfers(table, state, day),
  };
}

const ingestsRow = z.object({ latest: z.number() });

function fenceIs(fence: number) {
  return { expression: '#fence = :fence', values: { ':fence': fence } };
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

async function* listTransfers(
  table: TableAccess,
  state: TransferState,
  day: string,
): AsyncGenerator<TransferRecord> {
  for await (const row of table.inState(`${state}#${day}`)) yield recordOf(row);
}

/**
 * `stateDay` is written whenever the state is, and only then: the state and the UTC day of that
 * write. Later changes of the row move it within its day's list, never to another day.
 */
function stateDayOf({ state }: TransferPatch, now: number): Row {
  if (state === undefined) return {};
  const day = new Date(now).toISOString().slice(0, 10);
  return { [tableSchema.stateIndex.partitionKey]: `${state}#${day}` };
}

function rowOf({ retries, ...record }: TransferRecord) {
  return {
    ...record,
    ...countAttributes(retries),
    ...stateDayOf(record, record.changedAt),
    ...transferKey(record.transferId),
  };
}

function recordOf(row: Row): TransferRecord {
  return { ...readRow(transferRow, row), retries: readCounts(row) };
}
