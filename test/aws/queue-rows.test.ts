import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '#local/simulators/twelvelabs/randomness.ts';
import { createDynamoQueueStore } from '#src/aws/dynamo-queue-store.ts';
import { type CallRate, callKinds } from '#src/core/call-rate.ts';
import type { QueueStore, Slot } from '#src/core/queue.ts';
import { createMemoryQueueStore } from '../doubles/memory-queue-store.ts';
import { startTable, stillClock, type TableFixture, testNow } from './table-fixture.ts';

const minute = 60_000;
const turn = (slot: number, transferId: string, minutes = 15): Slot => ({
  slot,
  transferId,
  fence: 1,
  since: testNow,
  until: testNow + minutes * minute,
});
const rate = (perSecond: number, laterMs = 0): CallRate => ({
  perSecond,
  ceiling: perSecond + 3,
  loweredAt: testNow + laterMs,
});
const place = (number: number) => ({ number, transferId: `t${number}`, until: testNow + minute });

let table: TableFixture;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

/** Each test has a line of its own: one line is one table. */
const stores: readonly (readonly [string, () => Promise<QueueStore>])[] = [
  ['in memory', async () => createMemoryQueueStore()],
  [
    'in the table',
    async () => {
      await table.close();
      table = await startTable();
      return createDynamoQueueStore({ ...table, clock: stillClock });
    },
  ],
];

describe.each(stores)('turns and the line %s', (_where, open) => {
  let turns: QueueStore;
  beforeEach(async () => {
    turns = await open();
  });

  it('draw each number once, whoever draws at the same time', async () => {
    const drawn = await Promise.all(Array.from({ length: 20 }, () => turns.drawNumber(testNow)));
    const numbers = drawn.map(({ number }) => number).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  it('say when the number before was drawn', async () => {
    expect(await queue.drawNumber(testNow)).toEqual({ number: 1, previousDrawnAt: undefined });
    expect(await queue.drawNumber(testNow + 7)).toEqual({ number: 2, previousDrawnAt: testNow });
  });

  it('give the first places by number, whenever they were kept', async () => {
    for (const number of [11, 2, 9]) await queue.keepPlace(place(number));
    expect(await queue.firstPlaces(2)).toEqual([place(2), place(9)]);
    await queue.leavePlace(2);
    expect(await queue.firstPlaces(5)).toEqual([place(9), place(11)]);
  });

  it('give a turn to one of many', async () => {
    const tries = Array.from({ length: 8 }, (_, i) => queue.takeSlot(turn(1, `t${i}`), testNow));
    expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
  });

  it('give a turn that is past to another, and not before', async () => {
    await queue.takeSlot(turn(1, 'a'), testNow);
    expect(await queue.takeSlot(turn(1, 'b', 40), testNow + 15 * minute)).toBe(false);
    expect(await queue.takeSlot(turn(1, 'b', 40), testNow + 15 * minute + 1)).toBe(true);
    expect(await queue.renewSlot(turn(1, 'a', 50))).toBe(false);
  });

  it('let a transfer take its own turn again', async () => {
    await queue.takeSlot(turn(1, 'a'), testNow);
    expect(await queue.takeSlot(turn(1, 'a', 20), testNow)).toBe(true);
    expect(await queue.slots(3)).toEqual([turn(1, 'a', 20)]);
  });

  it('prolong a turn for its holder only', async () => {
    await queue.takeSlot(turn(1, 'a'), testNow);
    const until = testNow + 20 * minute;
    expect(await queue.renewSlot({ slot: 1, transferId: 'b', fence: 1, until })).toBe(false);
    expect(await queue.renewSlot({ slot: 1, transferId: 'a', fence: 1, until })).toBe(true);
    expect(await queue.slots(1)).toEqual([{ ...turn(1, 'a'), until }]);
  });

  it('prolong no turn that nobody holds', async () => {
    expect(await queue.renewSlot({ slot: 1, transferId: 'a', fence: 1, until: testNow })).toBe(
      false,
    );
  });

  it('let no owner that was replaced keep a turn, take it again or give it away', async () => {
    await queue.takeSlot(turn(1, 'a'), testNow);
    expect(await queue.takeSlot({ ...turn(1, 'a'), fence: 2 }, testNow)).toBe(true);
    expect(await queue.takeSlot(turn(1, 'a'), testNow)).toBe(false);
    expect(await queue.renewSlot(turn(1, 'a'))).toBe(false);
    await queue.freeSlot(turn(1, 'a'), testNow);
    expect(await queue.slots(1)).toEqual([{ ...turn(1, 'a'), fence: 2 }]);
  });

  it('take a turn back from its holder only', async () => {
    await queue.takeSlot(turn(1, 'a'), testNow);
    await queue.freeSlot(turn(1, 'b'), testNow);
    expect(await queue.slots(1)).toHaveLength(1);
    await queue.freeSlot(turn(1, 'a'), testNow);
    await queue.freeSlot(turn(1, 'a'), testNow);
    expect(await queue.slots(1)).toEqual([]);
  });

  it('look no further than the slots there are', async () => {
    await queue.takeSlot(turn(2, 'a'), testNow);
    await queue.takeSlot(turn(9, 'b'), testNow);
    expect(await queue.slots(8)).toEqual([turn(2, 'a')]);
  });

  it('remember how long a turn took lately, the newest weighing a fifth', async () => {
    expect(await queue.turnLength()).toBeUndefined();
    for (const seconds of [10, 20]) {
      await queue.takeSlot(turn(1, 'a'), testNow);
      await queue.freeSlot(turn(1, 'a'), testNow + seconds * 1000);
    }
    expect(await queue.turnLength()).toBe(12_000);
  });

  it('share no rate and no stop before the first', async () => {
    expect((await queue.sharedRates()).service ?? {}).toEqual({});
  });

  it('share the rate of each kind by one row', async () => {
    await queue.shareRate('service', rate(7));
    await queue.shareStop('source', testNow + 1000);
    const { service, source } = await queue.sharedRates();
    expect([service?.rate, source?.stoppedUntil]).toEqual([rate(7), testNow + 1000]);
  });

  it.each([
    ['an older decrease', -1],
    ['a decrease of the same moment', 0],
    ['a decrease less than five seconds later', 4999],
  ])('keep the shared rate when %s comes in', async (_what, laterMs) => {
    await queue.shareRate('service', rate(7));
    expect(await queue.shareRate('service', rate(3, laterMs))).toBe(false);
    expect((await queue.sharedRates()).service?.rate).toEqual(rate(7));
  });

  it('take a decrease five seconds later', async () => {
    await queue.shareRate('service', rate(7));
    expect(await queue.shareRate('service', rate(5, 5000))).toBe(true);
    expect((await queue.sharedRates()).service?.rate).toEqual(rate(5, 5000));
  });

  it('keep the longer of two stops, and the rate next to it', async () => {
    await queue.shareRate('service', rate(7));
    expect(await queue.shareStop('service', testNow + 5000)).toBe(true);
    expect(await queue.shareStop('service', testNow + 1000)).toBe(false);
    expect((await queue.sharedRates()).service).toEqual({
      rate: rate(7),
      stoppedUntil: testNow + 5000,
    });
  });

  it('hold a sequence of random writes to the same rules', async () => {
    const memory = createMemoryQueueStore();
    const random = seededRandom(11);
    for (let i = 0; i < 60; i++) {
      const kind = callKinds[Math.floor(random() * 3)] ?? 'service';
      const at = Math.round(random() * 40_000);
      const write = (store: QueueStore) =>
        i % 3 === 0 ? store.shareStop(kind, testNow + at) : store.shareRate(kind, rate(i, at));
      expect(await write(turns)).toBe(await write(memory));
    }
    const [shared, expected] = [await queue.sharedRates(), await memory.sharedRates()];
    for (const kind of callKinds) expect(shared[kind]).toEqual(expected[kind]);
  });
});
