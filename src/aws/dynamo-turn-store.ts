import * as z from 'zod/mini';
import { rowLifetimeSeconds } from '#src/core/limits.ts';
import { tableSchema } from '#src/core/table-schema.ts';
import type { TurnStore } from '#src/core/turns.ts';
import type { DynamoTransferStoreOptions } from './dynamo-transfer-store.ts';
import { createRateRow } from './rate-row.ts';
import { highest, lineKey, placeKey, turnKey } from './row-keys.ts';
import { readRow } from './row-reading.ts';
import { type Condition, openTable, type TableAccess } from './table-access.ts';

const turnRow = z.object({
  slot: z.number(),
  holder: z.string(),
  fence: z.number(),
  since: z.number(),
  until: z.number(),
});
const placeRow = z.object({ number: z.number(), holder: z.string(), until: z.number() });
const lineRow = z.object({
  drawn: z.optional(z.number()),
  drawnAt: z.optional(z.number()),
  turnMs: z.optional(z.number()),
});

/** How much the newest turn weighs against the ones before it. */
const newestWeight = 0.2;

/** The turns, the line and the call rates in the table of proofs, all in one partition. */
export function createDynamoTurnStore(options: DynamoTransferStoreOptions): TurnStore {
  const table = openTable(options.client, options.tableName);
  const expiry = () => ({
    [tableSchema.ttlAttribute]: Math.ceil(options.clock.now() / 1000) + rowLifetimeSeconds,
  });
  return { ...line(table, expiry), ...turns(table), ...createRateRow(table) };
}

function line(table: TableAccess, expiry: () => Record<string, number>) {
  return {
    drawNumber: async (now) => {
      const change = { add: { drawn: 1 }, set: { drawnAt: now }, returning: 'ALL_OLD' } as const;
      const before = readRow(lineRow, (await table.change(lineKey, change)) || {});
      return { number: (before.drawn ?? 0) + 1, previousDrawnAt: before.drawnAt };
    },
    keepPlace: async ({ number, transferId: holder, until }) => {
      await table.write({ ...placeKey(number), ...expiry(), number, holder, until });
    },
    leavePlace: async (number) => {
      await table.remove(placeKey(number));
    },
    firstPlaces: async (limit) => {
      const [from, to] = [placeKey(0), placeKey(highest.place)];
      const rows = await table.firstBetween(from.transferId, from.row, to.row, limit);
      return rows.map((row) => {
        const { number, holder, until } = readRow(placeRow, row);
        return { number, transferId: holder, until };
      });
    },
  } satisfies Partial<TurnStore>;
}

function turns(table: TableAccess) {
  const turnLength = async () => {
    const row = await table.read(lineKey);
    return row && readRow(lineRow, row).turnMs;
  };
  return {
    turnLength,
    turns: async (slots) => {
      const rows = await table.between(turnKey(1).transferId, turnKey(1).row, turnKey(slots).row);
      return rows.map((row) => {
        const { holder, ...turn } = readRow(turnRow, row);
        return { ...turn, transferId: holder };
      });
    },
    takeTurn: ({ transferId: holder, ...turn }, now) =>
      table.write({ ...turnKey(turn.slot), ...turn, holder }, freeFor(holder, turn.fence, now)),
    renewTurn: async ({ slot, transferId, fence, until }) => {
      const condition = heldBy(transferId, fence);
      return (await table.change(turnKey(slot), { set: { until }, condition })) !== false;
    },
    freeTurn: async ({ slot, transferId, fence }, now) => {
      const freed = await table.remove(turnKey(slot), heldBy(transferId, fence));
      if (!freed) return;
      const ms = now - readRow(turnRow, freed).since;
      const before = (await turnLength()) ?? ms;
      const turnMs = Math.round(before + (ms - before) * newestWeight);
      await table.change(lineKey, { set: { turnMs } });
    },
  } satisfies Partial<TurnStore>;
}

function heldBy(holder: string, fence: number): Condition {
  const values = { ':holder': holder, ':fence': fence };
  return { expression: '#holder = :holder AND #fence = :fence', values };
}

function freeFor(holder: string, fence: number, now: number): Condition {
  return {
    expression:
      'attribute_not_exists(#holder) OR #until < :now OR (#holder = :holder AND #fence <= :fence)',
    values: { ':holder': holder, ':fence': fence, ':now': now },
  };
}
