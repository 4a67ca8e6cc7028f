import { beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '#local/simulators/randomness.ts';
import type { QueueStore } from '#src/core/queue/queue.ts';
import { type CallRate, callKinds } from '#src/core/rates/call-rate.ts';
import { createMemoryQueueStore } from '../../doubles/memory/queue-store.ts';
import { queueStores } from './queue-stores.ts';
import { testNow } from './table-fixture.ts';

const rate = (perSecond: number, laterMs = 0): CallRate => ({
  perSecond,
  ceiling: perSecond + 3,
  loweredAt: testNow + laterMs,
});

describe.each(queueStores())('call rates %s', (_where, open) => {
  let queue: QueueStore;
  beforeEach(async () => {
    queue = await open();
  });

  it('are empty at first', async () => {
    expect((await queue.sharedRates()).service ?? {}).toEqual({});
  });

  it('share the rate of each kind in one row', async () => {
    await queue.shareRate('service', rate(7));
    await queue.shareStop('source', testNow + 1000);
    const { service, source } = await queue.sharedRates();
    expect([service?.rate, source?.stoppedUntil]).toEqual([rate(7), testNow + 1000]);
  });

  it.each([
    ['an older decrease', -1],
    ['a decrease of the same moment', 0],
    ['a decrease less than five seconds later', 4999],
  ])('retain the shared rate for %s', async (_what, laterMs) => {
    await queue.shareRate('service', rate(7));
    expect(await queue.shareRate('service', rate(3, laterMs))).toBe(false);
    expect((await queue.sharedRates()).service?.rate).toEqual(rate(7));
  });

  it('accept a decrease five seconds later', async () => {
    await queue.shareRate('service', rate(7));
    expect(await queue.shareRate('service', rate(5, 5000))).toBe(true);
    expect((await queue.sharedRates()).service?.rate).toEqual(rate(5, 5000));
  });

  it('retain the longer of two stops, and the rate', async () => {
    await queue.shareRate('service', rate(7));
    expect(await queue.shareStop('service', testNow + 5000)).toBe(true);
    expect(await queue.shareStop('service', testNow + 1000)).toBe(false);
    expect((await queue.sharedRates()).service).toEqual({
      rate: rate(7),
      stoppedUntil: testNow + 5000,
    });
  });

  it('follow the same rules for random writes', async () => {
    const memory = createMemoryQueueStore();
    const random = seededRandom(11);
    for (let i = 0; i < 60; i++) {
      const kind = callKinds[Math.floor(random() * 3)] ?? 'service';
      const at = Math.round(random() * 40_000);
      const write = (store: QueueStore) =>
        i % 3 === 0 ? store.shareStop(kind, testNow + at) : store.shareRate(kind, rate(i, at));
      expect(await write(queue)).toBe(await write(memory));
    }
    const [shared, expected] = [await queue.sharedRates(), await memory.sharedRates()];
    for (const kind of callKinds) expect(shared[kind]).toEqual(expected[kind]);
  });
});
