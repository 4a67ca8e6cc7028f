import * as z from 'zod/mini';
import type { ErrorOrigin } from '#src/core/errors/error-lookup.ts';
import { shareEveryMs } from '#src/core/limits/limits.ts';
import type { QueueStore } from '#src/core/queue/queue.ts';
import { callKinds, type SharedRate } from '#src/core/rates/call-rate.ts';
import type { Condition } from './expressions.ts';
import { ratesKey } from './row-keys.ts';
import { readRow } from './row-reading.ts';
import type { TableAccess } from './table-access.ts';

const rate = z.optional(
  z.object({ perSecond: z.number(), ceiling: z.number(), loweredAt: z.number() }),
);
const rateRow = z.object({
  service: rate,
  storage: rate,
  source: rate,
  serviceStop: z.optional(z.number()),
  storageStop: z.optional(z.number()),
  sourceStop: z.optional(z.number()),
});

type RateMethods = Pick<QueueStore, 'shareRate' | 'shareStop' | 'sharedRates'>;

/** Returns the methods for the row of shared call rates: each kind has an attribute for its rate and one for its stop. */
export function createRateRow(table: TableAccess): RateMethods {
  const set = async (attribute: string, value: unknown, condition: Condition) =>
    (await table.change(ratesKey, { set: { [attribute]: value }, condition })) !== false;
  return {
    shareRate: (kind, rate) => set(kind, rate, isDue(kind, rate.loweredAt)),
    shareStop: (kind, until) => set(stopOf(kind), until, isShorter(stopOf(kind), until)),
    sharedRates: async () => {
      const row = readRow(rateRow, (await table.read(ratesKey)) ?? {});
      const shared = (kind: ErrorOrigin): SharedRate => ({
        rate: row[kind],
        stoppedUntil: row[stopOf(kind)],
      });
      return Object.fromEntries(callKinds.map((kind) => [kind, shared(kind)]));
    },
  };
}

function stopOf<K extends ErrorOrigin>(kind: K) {
  return `${kind}Stop` as const;
}

/** Condition: the shared rate is absent, or at least `shareEveryMs` older than this one. */
function isDue(kind: ErrorOrigin, loweredAt: number): Condition {
  return {
    expression: `attribute_not_exists(#${kind}) OR #${kind}.#loweredAt <= :before`,
    values: { ':before': loweredAt - shareEveryMs },
  };
}

/** Condition: the shared stop is absent or ends earlier. */
function isShorter(stop: string, until: number): Condition {
  return {
    expression: `attribute_not_exists(#${stop}) OR #${stop} < :until`,
    values: { ':until': until },
  };
}
