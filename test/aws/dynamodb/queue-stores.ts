import { afterAll, beforeAll } from 'vitest';
import { createDynamoQueueStore } from '#src/aws/dynamodb/queue-store.ts';
import type { QueueStore, Slot, Ticket } from '#src/core/queue/queue.ts';
import { createMemoryQueueStore } from '../../doubles/memory/queue-store.ts';
import { startTable, type TableFixture, testClock, testNow } from './table-fixture.ts';

export const minute = 60_000;

export const slotOf = (slot: number, transferId: string, minutes = 15, fence = 1): Slot => ({
  slot,
  transferId,
  fence,
  since: testNow,
  until: testNow + minutes * minute,
});

export const ticketOf = (number: number, changes: Partial<Ticket> = {}): Ticket => ({
  priority: 'live',
  number,
  transferId: `t${number}`,
  fence: 1,
  since: testNow,
  ...changes,
});

/** The two stores by name. Each call of `open` creates its own queue, and for DynamoDB its own table. */
export function queueStores(): readonly (readonly [string, () => Promise<QueueStore>])[] {
  let table: TableFixture;
  beforeAll(async () => {
    table = await startTable();
  });
  afterAll(() => table.close());
  const openTable = async () => {
    await table.close();
    table = await startTable();
    return createDynamoQueueStore({ ...table, clock: testClock });
  };
  return [
    ['in memory', async () => createMemoryQueueStore()],
    ['in the table', openTable],
  ];
}
