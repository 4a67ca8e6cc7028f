import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoQueueStore } from '#src/aws/dynamodb/queue-store.ts';
import { startTable, type TableFixture, testClock } from '../aws/dynamodb/table-fixture.ts';
import { describeQueueCost } from './describe-queue-cost.ts';
import { measureQueue } from './queue-cost.ts';

describeQueueCost([1_000, 100_000]);

describe('the table reads of one object', () => {
  const tables: TableFixture[] = [];
  beforeAll(async () => {
    tables.push(await startTable(), await startTable());
  });
  afterAll(() => Promise.all(tables.map((table) => table.close())));

  /** Read and write capacity units, and bytes of the replies, for each object. */
  async function capacity({ client, tableName, store }: TableFixture, queued: number) {
    const used = { units: 0, bytes: 0 };
    client.middlewareStack.add(
      (next) => async (args) => {
        Object.assign(args.input, { ReturnConsumedCapacity: 'TOTAL' });
        const reply = await next(args);
        const output = reply.output as { ConsumedCapacity?: { CapacityUnits?: number } };
        used.units += output.ConsumedCapacity?.CapacityUnits ?? 0;
        used.bytes += JSON.stringify(output).length;
        return reply;
      },
      { step: 'initialize', name: 'countCapacity' },
    );
    const queue = createDynamoQueueStore({ client, tableName, clock: testClock });
    let before = { ...used };
    const stores = {
      store,
      queue: {
        ...queue,
        // The fillers are queued before the first ticket of the sample.
        nextTicketNumber: async (priority: 'live' | 'backfill') => {
          const number = await queue.nextTicketNumber(priority);
          if (number === queued + 1) before = { ...used };
          return number;
        },
      },
    };
    await measureQueue(stores, queued, 10);
    return { units: (used.units - before.units) / 10, bytes: (used.bytes - before.bytes) / 10 };
  }

  it('does not grow with the queue', async () => {
    const [small, large] = tables as [TableFixture, TableFixture];
    // Both are longer than the head of the queue that a call reads.
    const few = await capacity(small, 120);
    const many = await capacity(large, 240);
    console.log('capacity units and bytes read for each object', { 120: few, 240: many });
    expect(few.units).toBeGreaterThan(0);
    expect(many.units / few.units).toBeLessThan(1.05);
    expect(many.bytes / few.bytes).toBeLessThan(1.05);
  });
});
