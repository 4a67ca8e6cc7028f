import * as z from 'zod/mini';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { StoreProofResult, TransferStore } from '#src/core/transfer/transfer-store.ts';
import { type ChunkRecord, isProven } from '#src/core/transfer/upload-rows.ts';
import type { Condition, Row } from './expressions.ts';
import { chunkKey, highest, lastNumber, type RowKey } from './row-keys.ts';
import { readRow } from './row-reading.ts';
import type { TableAccess } from './table-access.ts';

type ChunkRows = Pick<TransferStore, 'chunks' | 'storeProof' | 'retireProof' | 'incrementReports'>;

const chunkRow = z.object({
  row: z.string(),
  sizeBytes: z.number(),
  proof: z.string(),
  md5: z.string(),
  crc: z.optional(z.string()),
  generation: z.number(),
  retiredBecause: z.optional(z.string()),
  reports: z.number(),
});

/** Returns the methods for chunk rows. `expiry` returns the TTL attribute of a row that is written now. */
export function createChunkMethods(table: TableAccess, expiry: () => Row): ChunkRows {
  return {
    chunks: async (transferId, session, first = 0, last = highest.chunk) => {
      const [from, to] = [
        chunkKey(transferId, session, first),
        chunkKey(transferId, session, last),
      ];
      const rows = await table.between(transferId, from.row, to.row);
      return new Map(rows.map(recordOf).map((record) => [record.index, record]));
    },
    storeProof: async (transferId, session, proof, retiredGeneration) => {
      const { index, ...stored } = proof;
      const key = chunkKey(transferId, session, index);
      const generation = (retiredGeneration ?? 0) + 1;
      const row = { ...key, ...stored, ...expiry(), generation, reports: 0 };
      const isWritten = await table.writeFlat(row, absentOrRetired(retiredGeneration));
      return isWritten ? 'written' : compare(await read(table, key), proof);
    },
    retireProof: async (transferId, session, index, generation, reason) => {
      const key = chunkKey(transferId, session, index);
      const set = { retiredBecause: reason, ...expiry() };
      if ((await table.change(key, { set, condition: notRetired(generation) })) !== false)
        return true;
      const record = await read(table, key);
      return record?.generation === generation && record.retiredBecause !== undefined;
    },
    incrementReports: async (transferId, session, index) => {
      await table.change(chunkKey(transferId, session, index), {
        set: expiry(),
        add: { reports: 1 },
        condition: { expression: 'attribute_exists(#transferId)' },
      });
    },
  };
}

async function read(table: TableAccess, key: RowKey) {
  const row = await table.read(key);
  return row && recordOf(row);
}

/** Condition: the proof is of that generation and not retired. */
function notRetired(generation: number): Condition {
  return {
    expression: '#generation = :generation AND attribute_not_exists(#retiredBecause)',
    values: { ':generation': generation },
  };
}

/** Condition: the chunk has no proof, or its proof of that generation is retired. */
function absentOrRetired(generation: number | undefined): Condition {
  const absent = 'attribute_not_exists(#transferId)';
  if (generation === undefined) return { expression: absent };
  return {
    expression: `${absent} OR (#generation = :generation AND attribute_exists(#retiredBecause))`,
    values: { ':generation': generation },
  };
}

/** Compares two proofs, without their CRC: it follows from the bytes, and one side may lack it. */
function compare(stored: ChunkRecord | undefined, proof: ChunkProof): StoreProofResult {
  const isEqual =
    isProven(stored) &&
    stored.proof === proof.proof &&
    stored.md5 === proof.md5 &&
    stored.sizeBytes === proof.sizeBytes;
  return isEqual ? 'equal' : 'conflict';
}

function recordOf(row: Row): ChunkRecord {
  const { row: key, ...record } = readRow(chunkRow, row);
  return { ...record, index: lastNumber(key) };
}
