import { describe, expect, it } from 'vitest';
import { createMemoryQueueStore } from '../doubles/memory/queue-store.ts';
import { createMemoryTransferStore } from '../doubles/memory/transfer-store.ts';
import { costTable, measureQueue } from './queue-cost.ts';

const sample = 100;

/** Describes the cost of one object in queues of these lengths: it must be the same in all. */
export function describeQueueCost(lengths: readonly number[]): void {
  describe('the cost of one object', () => {
    it(`is the same in a queue of ${lengths.join(' and ')}`, async () => {
      const found = [];
      for (const queued of lengths) {
        const stores = { store: createMemoryTransferStore(), queue: createMemoryQueueStore() };
        found.push(await measureQueue(stores, queued, sample));
      }
      console.log(costTable(found));
      const [shortest, ...longer] = found.map(({ costs }) => costs);
      for (const costs of longer) expect(costs).toEqual(shortest);
    });
  });
}
