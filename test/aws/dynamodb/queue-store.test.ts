import { beforeEach, describe, expect, it } from 'vitest';
import { type QueueStore, ticketName } from '#src/core/queue/queue.ts';
import { minute, queueStores, slotOf, ticketOf } from './queue-stores.ts';
import { testNow } from './table-fixture.ts';

const stores = queueStores();

describe.each(stores)('tickets %s', (_where, open) => {
  let queue: QueueStore;
  beforeEach(async () => {
    queue = await open();
  });

  it('have unique numbers under concurrent requests', async () => {
    const drawing = Array.from({ length: 20 }, () => queue.nextTicketNumber('live'));
    const numbers = (await Promise.all(drawing)).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  it('are numbered separately for each priority', async () => {
    for (const priority of ['live', 'live', 'backfill'] as const)
      await queue.nextTicketNumber(priority);
    expect(await queue.lastTicketNumbers()).toEqual({ live: 2, backfill: 1 });
  });

  it('have the last number 0 before the first ticket', async () => {
    expect(await queue.lastTicketNumbers()).toEqual({ live: 0, backfill: 0 });
  });

  it('are returned by number, in any order of writes', async () => {
    for (const number of [11, 2, 1000, 9]) await queue.putTicket(ticketOf(number));
    expect(await queue.firstTickets('live', 3)).toEqual([ticketOf(2), ticketOf(9), ticketOf(11)]);
  });

  it('are returned by priority', async () => {
    const backfill = ticketOf(1, { priority: 'backfill', transferId: 'b1' });
    await queue.putTicket(backfill);
    await queue.putTicket(ticketOf(1));
    expect(await queue.firstTickets('live', 5)).toEqual([ticketOf(1)]);
    expect(await queue.firstTickets('backfill', 5)).toEqual([backfill]);
  });

  it('replace a ticket with the same number', async () => {
    await queue.putTicket(ticketOf(1));
    await queue.putTicket(ticketOf(1, { fence: 2 }));
    expect(await queue.firstTickets('live', 5)).toEqual([ticketOf(1, { fence: 2 })]);
  });

  it('are removed only with their own fence', async () => {
    await queue.putTicket(ticketOf(1, { fence: 2 }));
    await queue.removeTicket(ticketOf(1));
    expect(await queue.firstTickets('live', 5)).toHaveLength(1);
    await queue.removeTicket(ticketOf(1, { fence: 2 }));
    expect(await queue.firstTickets('live', 5)).toEqual([]);
  });

  it('are removed twice without an error', async () => {
    await queue.removeTicket(ticketOf(1));
    expect(await queue.firstTickets('live', 5)).toEqual([]);
  });
});

describe.each(stores)('starts of executions %s', (_where, open) => {
  let queue: QueueStore;
  beforeEach(async () => {
    queue = await open();
  });

  it('are reserved up to the limit within one second', async () => {
    expect(await queue.reserveStarts(1_000, 60, 100)).toBe(true);
    expect(await queue.reserveStarts(1_000, 41, 100)).toBe(false);
    expect(await queue.reserveStarts(1_000, 40, 100)).toBe(true);
    expect(await queue.reserveStarts(1_000, 1, 100)).toBe(false);
  });

  it('are counted from zero in the next second', async () => {
    await queue.reserveStarts(1_000, 100, 100);
    expect(await queue.reserveStarts(1_001, 100, 100)).toBe(true);
  });

  it('are not reserved for a past second', async () => {
    await queue.reserveStarts(1_001, 1, 100);
    expect(await queue.reserveStarts(1_000, 1, 100)).toBe(false);
  });

  it('never exceed the limit under concurrent reservations', async () => {
    const all = Array.from({ length: 30 }, () => queue.reserveStarts(1_000, 7, 100));
    const reserved = (await Promise.all(all)).filter(Boolean).length;
    expect(reserved).toBeGreaterThan(0);
    expect(reserved * 7).toBeLessThanOrEqual(100);
  });
});

describe.each(stores)('calls of a budget %s', (_where, open) => {
  let queue: QueueStore;
  beforeEach(async () => {
    queue = await open();
  });

  const reserved = async (count: number, slice: number, limit: number, group = 'api') => {
    const all = Array.from({ length: count }, () => queue.reserveCalls(group, slice, limit));
    return (await Promise.all(all)).filter(Boolean).length;
  };

  it('are reserved up to the limit of a slice by concurrent callers, all of it', async () => {
    expect(await reserved(9, 100, 5)).toBe(5);
    expect(await reserved(9, 101, 5)).toBe(5);
  });

  it('are not reserved in a past slice', async () => {
    await reserved(1, 101, 5);
    expect(await reserved(1, 100, 5)).toBe(0);
  });

  it('are counted for each group', async () => {
    expect(await reserved(2, 100, 1)).toBe(1);
    expect(await reserved(2, 100, 1, 'other')).toBe(1);
  });
});

describe.each(stores)('the pause and the head %s', (_where, open) => {
  let queue: QueueStore;
  beforeEach(async () => {
    queue = await open();
  });

  it('are absent at first', async () => {
    expect(await queue.pause()).toBeUndefined();
    expect(await queue.queueHead()).toBeUndefined();
  });

  it('keep a pause until it is removed', async () => {
    const pause = { since: testNow, underWay: 'stop' } as const;
    await queue.setPause(pause);
    expect(await queue.pause()).toEqual(pause);
    await queue.setPause(undefined);
    await queue.setPause(undefined);
    expect(await queue.pause()).toBeUndefined();
  });

  it('replace the earlier head', async () => {
    for (const number of [1, 2]) {
      const ticket = ticketName(ticketOf(number));
      await queue.recordQueueHead({ ticket, since: testNow, seenAt: testNow + number });
    }
    const head = { ticket: 'live#2', since: testNow, seenAt: testNow + 2 };
    expect(await queue.queueHead()).toEqual(head);
  });
});

describe.each(stores)('slots %s', (_where, open) => {
  let queue: QueueStore;
  beforeEach(async () => {
    queue = await open();
  });

  it('go to one of many concurrent callers', async () => {
    const tries = Array.from({ length: 8 }, (_, i) => queue.takeSlot(slotOf(1, `t${i}`), testNow));
    expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
  });

  it('go to another transfer after their lease, and not earlier', async () => {
    await queue.takeSlot(slotOf(1, 'a'), testNow);
    expect(await queue.takeSlot(slotOf(1, 'b', 40), testNow + 15 * minute)).toBe(false);
    expect(await queue.takeSlot(slotOf(1, 'b', 40), testNow + 15 * minute + 1)).toBe(true);
    expect(await queue.renewSlotLease(slotOf(1, 'a', 50))).toBe(false);
  });

  it('can be acquired again by their own transfer', async () => {
    await queue.takeSlot(slotOf(1, 'a'), testNow);
    expect(await queue.takeSlot(slotOf(1, 'a', 20), testNow)).toBe(true);
    expect(await queue.slots(3)).toEqual([slotOf(1, 'a', 20)]);
  });

  it('are taken over only from an older fence of their own transfer', async () => {
    expect(await queue.takeOverSlot(slotOf(1, 'a', 20, 2))).toBe(false);
    await queue.takeSlot(slotOf(1, 'a'), testNow);
    expect(await queue.takeOverSlot(slotOf(1, 'b', 20, 2))).toBe(false);
    expect(await queue.takeOverSlot(slotOf(1, 'a', 20, 2))).toBe(true);
    expect(await queue.takeOverSlot(slotOf(1, 'a', 25))).toBe(false);
    expect(await queue.slots(1)).toEqual([slotOf(1, 'a', 20, 2)]);
  });

  it('are renewed only by their holder', async () => {
    await queue.takeSlot(slotOf(1, 'a'), testNow);
    const until = testNow + 20 * minute;
    expect(await queue.renewSlotLease({ slot: 1, transferId: 'b', fence: 1, until })).toBe(false);
    expect(await queue.renewSlotLease({ slot: 1, transferId: 'a', fence: 1, until })).toBe(true);
    expect(await queue.slots(1)).toEqual([{ ...slotOf(1, 'a'), until }]);
  });

  it('are not renewed while they are free', async () => {
    const renewed = { slot: 1, transferId: 'a', fence: 1, until: testNow };
    expect(await queue.renewSlotLease(renewed)).toBe(false);
    expect(await queue.slots(1)).toEqual([]);
  });

  it('are not renewed, acquired or freed by an older owner', async () => {
    await queue.takeSlot(slotOf(1, 'a'), testNow);
    expect(await queue.takeSlot(slotOf(1, 'a', 15, 2), testNow)).toBe(true);
    expect(await queue.takeSlot(slotOf(1, 'a'), testNow)).toBe(false);
    expect(await queue.renewSlotLease(slotOf(1, 'a'))).toBe(false);
    await queue.clearSlot(slotOf(1, 'a'));
    expect(await queue.slots(1)).toEqual([slotOf(1, 'a', 15, 2)]);
  });

  it('are freed only by their holder, and twice without an error', async () => {
    await queue.takeSlot(slotOf(1, 'a'), testNow);
    await queue.clearSlot(slotOf(1, 'b'));
    expect(await queue.slots(1)).toHaveLength(1);
    await queue.clearSlot(slotOf(1, 'a'));
    await queue.clearSlot(slotOf(1, 'a'));
    expect(await queue.slots(1)).toEqual([]);
  });

  it('are listed by number, up to the limit', async () => {
    for (const slot of [9, 2, 10, 1]) await queue.takeSlot(slotOf(slot, `t${slot}`), testNow);
    expect((await queue.slots(9)).map(({ slot }) => slot)).toEqual([1, 2, 9]);
  });
});
