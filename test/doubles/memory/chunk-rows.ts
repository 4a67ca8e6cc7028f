import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { StoreProofResult, TransferStore } from '#src/core/transfer/transfer-store.ts';
import { type ChunkRecord, isProven } from '#src/core/transfer/upload-rows.ts';
import { Rows } from './rows.ts';

type ChunkRows = Pick<TransferStore, 'chunks' | 'storeProof' | 'retireProof' | 'incrementReports'>;

/** Returns the chunk methods of the store in memory. */
export function memoryChunkRows(
  areCopies = true,
): ChunkRows & { readonly rows: Rows<ChunkRecord> } {
  const rows = new Rows<ChunkRecord>(areCopies ? 'frozen' : 'none');
  return {
    rows,
    chunks: async (transferId, session, first = 0, last = Number.POSITIVE_INFINITY) => {
      const to = last === Number.POSITIVE_INFINITY ? undefined : keyOf(transferId, session, last);
      const from = keyOf(transferId, session, first);
      const found = rows.under(`${transferId}#${session}#`, from, to);
      return new Map(found.map(([, record]) => [record.index, record]));
    },
    storeProof: async (transferId, session, proof, retiredGeneration) => {
      const key = keyOf(transferId, session, proof.index);
      const kept = rows.get(key);
      if (kept && !isRetiredAs(kept, retiredGeneration)) return judgeKept(kept, proof);
      rows.set(key, { ...proof, generation: (retiredGeneration ?? 0) + 1, reports: 0 });
      return 'written';
    },
    retireProof: async (transferId, session, index, generation, reason) => {
      const key = keyOf(transferId, session, index);
      const kept = rows.get(key);
      if (kept?.generation !== generation) return false;
      if (isProven(kept)) rows.set(key, { ...kept, retiredBecause: reason });
      return true;
    },
    incrementReports: async (transferId, session, index) => {
      const key = keyOf(transferId, session, index);
      const kept = rows.get(key);
      if (kept) rows.set(key, { ...kept, reports: kept.reports + 1 });
    },
  };
}

function isRetiredAs(kept: ChunkRecord, generation: number | undefined): boolean {
  return generation !== undefined && kept.generation === generation && !isProven(kept);
}

function judgeKept(kept: ChunkRecord, proof: ChunkProof): StoreProofResult {
  const isEqual =
    isProven(kept) &&
    kept.proof === proof.proof &&
    kept.md5 === proof.md5 &&
    kept.sizeBytes === proof.sizeBytes;
  return isEqual ? 'equal' : 'conflict';
}

function keyOf(transferId: string, session: number, index: number): string {
  return `${transferId}#${session}#${String(index).padStart(8, '0')}`;
}
