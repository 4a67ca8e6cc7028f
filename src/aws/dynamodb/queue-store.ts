import * as z from 'zod/mini';
import { priorities, type QueueStore, stopModes } from '#src/core/queue/queue.ts';
import type { Condition, RowChange } from './expressions.ts';
import { createRateRow } from './rate-row.ts';
import {
  callsKey,
  highest,
  pauseKey,
  queueHeadKey,
  slotKey,
  startsKey,
  ticketCounterKey,
  ticketKey,
} from './row-keys.ts';
import { readRow } from './row-reading.ts';
import { openTable, type TableAccess } from './table-access.ts';
import type { DynamoTransferStoreOptions } from './transfer-store.ts';

const slotRow = z.object({
  slot: z.number(),
  holder: z.string(),
  fence: z.number(),
  since: z.number(),
  until: z.number(),
});
const ticketRow = z.object({
  priority: z.enum(priorities),
  number: z.number(),
  holder: z.string(),
  fence: z.number(),
  since: z.number(),
});
const counterRow = z.object({
  live: z._default(z.number(), 0),
  backfill: z._default(z.number(), 0),
});
const pauseRow = z.object({ since: z.number(), underWay: z.enum(stopModes) });
const headRow = z.object({ ticket: z.string(), since: z.number(), seenAt: z.number() });

/** Stores the slots, the queue and the call rates in the transfers' table, all in one partition. */
export function createDynamoQueueStore(options: DynamoTransferStoreOptions): QueueStore {
  const table = openTable(options.client, options.tableName);
  return {
    ...createTicketMethods(table),
    ...createControlMethods(table),
    ...createSlotMethods(table),
    ...createRateRow(table),
  };
}

function createTicketMethods(table: TableAccess) {
  return {
    nextTicketNumber: async (priority) => {
      const change = { add: { [priority]: 1 }, returning: 'UPDATED_NEW' } as const;
      return readRow(counterRow, (await table.change(ticketCounterKey, change)) || {})[priority];
    },
    lastTicketNumbers: async () => readRow(counterRow, (await table.read(ticketCounterKey)) ?? {}),
    // No expiry: a transfer may wait for any time.
    putTicket: async ({ transferId: holder, ...ticket }) => {
      const row = { ...ticketKey(ticket.priority, ticket.number), ...ticket, holder };
      await table.write(row, noNewerThan(ticket.fence));
    },
    removeTicket: async ({ priority, number, fence }) => {
      const condition = { expression: '#fence = :fence', values: { ':fence': fence } };
      await table.remove(ticketKey(priority, number), condition);
    },
    firstTickets: async (priority, limit) => {
      const [from, to] = [ticketKey(priority, 0), ticketKey(priority, highest.ticket)];
      const rows = await table.firstBetween(from.transferId, from.row, to.row, limit);
      return rows.map((row) => {
        const { holder, ...ticket } = readRow(ticketRow, row);
        return { ...ticket, transferId: holder };
      });
    },
  } satisfies Partial<QueueStore>;
}

function createControlMethods(table: TableAccess) {
  return {
    pause: async () => {
      const row = await table.read(pauseKey);
      return row && readRow(pauseRow, row);
    },
    setPause: async (pause) => {
      if (pause) await table.write({ ...pauseKey, ...pause });
      else await table.remove(pauseKey);
    },
    reserveStarts: async (second, count, limit) => {
      if (count > limit) return false;
      const values = { ':second': second, ':room': limit - count };
      const condition = { expression: '#second = :second AND #used <= :room', values };
      if (await table.change(startsKey, { add: { used: count }, condition })) return true;
      const first = { expression: 'attribute_not_exists(#second) OR #second < :second' };
      const row = { ...startsKey, second, used: count };
      return table.write(row, { ...first, values: { ':second': second } });
    },
    reserveCalls: async (group, slice, limit) => {
      const isChanged = async (change: RowChange) =>
        (await table.change(callsKey(group), change)) !== false;
      const values = { ':slice': slice, ':room': limit - 1 };
      const hasRoom = { expression: '#slice = :slice AND #used <= :room', values };
      const isLater = {
        expression: 'attribute_not_exists(#slice) OR #slice < :slice',
        values: { ':slice': slice },
      };
      const add = () => isChanged({ add: { used: 1 }, condition: hasRoom });
      const begin = () => isChanged({ set: { slice, used: 1 }, condition: isLater });
      // Another function may begin the slice between both changes.
      return (await add()) || (await begin()) || (await add());
    },
    queueHead: async () => {
      const row = await table.read(queueHeadKey);
      return row && readRow(headRow, row);
    },
    recordQueueHead: async (head) => {
      await table.write({ ...queueHeadKey, ...head });
    },
  } satisfies Partial<QueueStore>;
}

function createSlotMethods(table: TableAccess) {
  return {
    slots: async (limit) => {
      const rows = await table.between(slotKey(1).transferId, slotKey(1).row, slotKey(limit).row);
      return rows.map((row) => {
        const { holder, ...slot } = readRow(slotRow, row);
        return { ...slot, transferId: holder };
      });
    },
    takeSlot: ({ transferId: holder, ...slot }, now) =>
      table.write({ ...slotKey(slot.slot), ...slot, holder }, freeFor(holder, slot.fence, now)),
    takeOverSlot: ({ transferId: holder, ...slot }) =>
      table.write({ ...slotKey(slot.slot), ...slot, holder }, heldByFenceUpTo(holder, slot.fence)),
    renewSlotLease: async ({ slot, transferId, fence, until }) => {
      const condition = heldBy(transferId, fence);
      return (await table.change(slotKey(slot), { set: { until }, condition })) !== false;
    },
    clearSlot: async ({ slot, transferId, fence }) => {
      await table.remove(slotKey(slot), heldBy(transferId, fence));
    },
  } satisfies Partial<QueueStore>;
}

function heldBy(holder: string, fence: number): Condition {
  const values = { ':holder': holder, ':fence': fence };
  return { expression: '#holder = :holder AND #fence = :fence', values };
}

/** Condition: this transfer holds the slot by this fence or an older one. */
function heldByFenceUpTo(holder: string, fence: number): Condition {
  const values = { ':holder': holder, ':fence': fence };
  return { expression: '#holder = :holder AND #fence <= :fence', values };
}

/** Condition: the row's fence is at most this one. A late write of an old owner replaces no newer ticket. */
function noNewerThan(fence: number): Condition {
  const expression = 'attribute_not_exists(#fence) OR #fence <= :fence';
  return { expression, values: { ':fence': fence } };
}

/** Condition: the slot is free, its time is over, or this transfer holds it by this fence or an older one. */
function freeFor(holder: string, fence: number, now: number): Condition {
  return {
    expression:
      'attribute_not_exists(#holder) OR #until < :now OR (#holder = :holder AND #fence <= :fence)',
    values: { ':holder': holder, ':fence': fence, ':now': now },
  };
}
