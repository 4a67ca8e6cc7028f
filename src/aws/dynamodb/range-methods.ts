import * as z from 'zod/mini';
import type { RangeClaim, RangeKey, TransferStore } from '#src/core/transfer/transfer-store.ts';
import type { RangeRecord } from '#src/core/transfer/upload-rows.ts';
import type { Row } from './expressions.ts';
import { highest, lastNumber, rangeKey } from './row-keys.ts';
import { countAttributes, errorName, readCounts, readRow } from './row-reading.ts';
import type { TableAccess } from './table-access.ts';

type RangeRows = Pick<
  TransferStore,
  'ranges' | 'claimRange' | 'releaseRange' | 'recordRangeFailure'
>;

const claim = z.object({ sender: z.optional(z.string()), claimUntil: z.optional(z.number()) });

const rangeRow = z.extend(claim, {
  row: z.string(),
  error: z.optional(
    z.object({
      name: errorName,
      disposition: z.enum(['retry', 'renew', 'fail']),
      message: z.string(),
      origin: z.optional(z.enum(['service', 'storage', 'source'])),
      executionId: z.string(),
      round: z.number(),
      retryAt: z.optional(z.number()),
    }),
  ),
});

/** Returns the methods for range rows. `expiry` returns the TTL attribute of a row that is written now. */
export function createRangeMethods(table: TableAccess, expiry: () => Row): RangeRows {
  return {
    ranges: async (transferId, session) => {
      const first = rangeKey(transferId, session, 0).row;
      const last = rangeKey(transferId, session, highest.range).row;
      return (await table.between(transferId, first, last)).map(recordOf);
    },
    claimRange: async (key, sender, now, until) => {
      const before = await table.change(keyOf(key), {
        set: { sender, claimUntil: until, ...expiry() },
        condition: {
          expression: 'attribute_not_exists(#sender) OR #claimUntil <= :now OR #sender = :own',
          values: { ':now': now, ':own': sender },
        },
        returning: 'ALL_OLD',
      });
      if (before === false) return heldElsewhere(await table.read(keyOf(key)), now);
      const { sender: last } = readRow(claim, before);
      return { held: true, until, tookOver: last !== undefined && last !== sender };
    },
    releaseRange: async (key, sender, error, counts) => {
      await table.change(keyOf(key), {
        set: { sender: undefined, claimUntil: undefined, error, ...expiry() },
        add: countAttributes(counts),
        condition: { expression: '#sender = :own', values: { ':own': sender } },
      });
    },
    recordRangeFailure: async (key, error) => {
      await table.change(keyOf(key), { set: { error, ...expiry() } });
    },
  };
}

/** A claim that was released after the rejected write ends now. */
function heldElsewhere(row: Row | undefined, now: number): RangeClaim {
  const { claimUntil = now } = row ? readRow(claim, row) : {};
  return { held: false, until: claimUntil, tookOver: false };
}

function keyOf({ transferId, sessionNumber, n }: RangeKey) {
  return rangeKey(transferId, sessionNumber, n);
}

function recordOf(row: Row): RangeRecord {
  const { row: key, ...record } = readRow(rangeRow, row);
  return { ...record, n: lastNumber(key), retries: readCounts(row) };
}
