import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDynamoQueueStore } from '#src/aws/dynamodb/queue-store.ts';
import type { QueueStore } from '#src/core/queue/queue.ts';
import { createMemoryQueueStore } from '../../doubles/memory/queue-store.ts';
import { startTable, type TableFixture, testClock, testNow } from './table-fixture.ts';

let table: TableFixture;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

const stores: readonly (readonly [string, () => QueueStore])[] = [
  ['in memory', createMemoryQueueStore],
  ['in the table', () => createDynamoQueueStore({ ...table, clock: testClock })],
];

const ticket = { priority: 'live', number: 1, transferId: 't1', since: testNow } as const;

describe.each(stores)('a ticket %s', (_where, open) => {
  let queue: QueueStore;
  beforeEach(async () => {
    queue = open();
    for (const fence of [1, 2, 3]) await queue.removeTicket({ ...ticket, fence });
  });

  it("of a newer owner replaces the older owner's ticket", async () => {
    await queue.putTicket({ ...ticket, fence: 1 });
    await queue.putTicket({ ...ticket, fence: 2 });
    expect(await queue.firstTickets('live', 5)).toEqual([{ ...ticket, fence: 2 }]);
  });

  it('is not replaced by a late write of an older owner', async () => {
    await queue.putTicket({ ...ticket, fence: 2 });
    await queue.putTicket({ ...ticket, fence: 1 });
    expect(await queue.firstTickets('live', 5)).toEqual([{ ...ticket, fence: 2 }]);
  });
});
