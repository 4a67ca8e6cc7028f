import { addCounts } from '#src/core/transfer/transfer-row.ts';
import type { RangeKey, TransferStore } from '#src/core/transfer/transfer-store.ts';
import type { RangeRecord } from '#src/core/transfer/upload-rows.ts';
import { Rows } from './rows.ts';

type RangeRows = Pick<
  TransferStore,
  'ranges' | 'claimRange' | 'releaseRange' | 'recordRangeFailure'
>;

/** Returns the range methods of the store in memory. */
export function memoryRangeRows(
  areCopies = true,
): RangeRows & { readonly rows: Rows<RangeRecord> } {
  const rows = new Rows<RangeRecord>(areCopies ? 'frozen' : 'none');
  const rowOf = (key: RangeKey): RangeRecord => rows.get(keyOf(key)) ?? { n: key.n, retries: {} };
  return {
    rows,
    ranges: async (transferId, sessionNumber) =>
      rows.under(`${transferId}#${sessionNumber}#`).map(([, record]) => record),
    claimRange: async (key, sender, now, until) => {
      const row = rowOf(key);
      const isFree =
        row.sender === undefined || row.sender === sender || (row.claimUntil ?? 0) <= now;
      if (!isFree) return { held: false, until: row.claimUntil ?? now, tookOver: false };
      rows.set(keyOf(key), { ...row, sender, claimUntil: until });
      return { held: true, until, tookOver: row.sender !== undefined && row.sender !== sender };
    },
    releaseRange: async (key, sender, error, counts) => {
      const { sender: held, claimUntil: _, ...row } = rowOf(key);
      if (held !== sender) return;
      rows.set(keyOf(key), { ...row, error, retries: addCounts(row.retries, counts) });
    },
    recordRangeFailure: async (key, error) => rows.set(keyOf(key), { ...rowOf(key), error }),
  };
}

function keyOf({ transferId, sessionNumber, n }: RangeKey): string {
  return `${transferId}#${sessionNumber}#${String(n).padStart(4, '0')}`;
}
