import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type QueueStore, ticketName } from '#src/core/queue/queue.ts';
import { minute, queueStores, slotOf } from './queue-stores.ts';
import { testNow } from './table-fixture.ts';

const stores = queueStores();

type Call = (queue: QueueStore) => Promise<unknown>;

const small = fc.integer({ min: 1, max: 3 });
const priority = fc.constantFrom('live', 'backfill');
const holder = fc.constantFrom('a', 'b');
const ticket = fc
  .record({ priority, number: fc.integer({ min: 1, max: 12 }), fence: small, transferId: holder })
  .map((fields) => ({ ...fields, since: testNow }));
const slot = fc
  .tuple(small, holder, fc.integer({ min: 0, max: 3 }), small)
  .map(([number, id, minutes, fence]) => slotOf(number, id, minutes, fence));
const call: fc.Arbitrary<Call> = fc.oneof(
  ticket.map(
    (one): Call =>
      (queue) =>
        queue.putTicket(one),
  ),
  ticket.map(
    (one): Call =>
      (queue) =>
        queue.removeTicket(one),
  ),
  priority.map(
    (one): Call =>
      (queue) =>
        queue.nextTicketNumber(one),
  ),
  fc.tuple(priority, small).map(
    ([one, limit]): Call =>
      (queue) =>
        queue.firstTickets(one, limit),
  ),
  fc.tuple(slot, fc.integer({ min: 0, max: 3 })).map(
    ([one, minutes]): Call =>
      (queue) =>
        queue.takeSlot(one, testNow + minutes * minute),
  ),
  slot.map(
    (one): Call =>
      (queue) =>
        queue.takeOverSlot(one),
  ),
  slot.map(
    (one): Call =>
      (queue) =>
        queue.renewSlotLease(one),
  ),
  slot.map(
    (one): Call =>
      (queue) =>
        queue.clearSlot(one),
  ),
  fc.option(fc.constantFrom('finish', 'stop'), { nil: undefined }).map(
    (mode): Call =>
      (queue) =>
        queue.setPause(mode && { since: testNow, underWay: mode }),
  ),
  ticket.map(
    (one): Call =>
      (queue) =>
        queue.recordQueueHead({ ticket: ticketName(one), since: testNow, seenAt: testNow }),
  ),
);

async function everything(queue: QueueStore): Promise<unknown> {
  return {
    last: await queue.lastTicketNumbers(),
    live: await queue.firstTickets('live', 100),
    backfill: await queue.firstTickets('backfill', 100),
    slots: await queue.slots(100),
    pause: await queue.pause(),
    head: await queue.queueHead(),
  };
}

it('the memory store and the table store return the same results for any sequence of calls', async () => {
  const [memory, table] = await Promise.all(stores.map(([, open]) => open()));
  if (!memory || !table) throw new Error('a store is missing');
  const property = fc.asyncProperty(
    fc.array(call, { minLength: 5, maxLength: 25 }),
    async (calls) => {
      for (const run of calls) expect(await run(memory)).toEqual(await run(table));
      expect(await everything(memory)).toEqual(await everything(table));
    },
  );
  // One queue for all runs: each run starts with the state of the run before it.
  await fc.assert(property, { numRuns: 25, endOnFailure: true });
});
