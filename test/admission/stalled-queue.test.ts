import { expect, it } from 'vitest';
import { measureQueue, type QueueAvailability } from '#src/admission/measure-queue.ts';
import { dispatchSeconds } from '#src/core/limits/limits.ts';
import type { MetricName } from '#src/core/shared-with-infra/metrics.ts';
import { createMemoryQueueStore } from '../doubles/memory/queue-store.ts';

/** Opens a queue of two tickets. `minutes` measures it every minute and returns the stall. */
async function openQueue() {
  let now = 0;
  const values = new Map<MetricName, number>();
  const queue = createMemoryQueueStore();
  for (const transferId of ['first', 'second']) {
    const number = await queue.nextTicketNumber('live');
    await queue.putTicket({ priority: 'live', number, transferId, fence: 1, since: now });
  }
  const ports = {
    queue,
    clock: { now: () => now },
    meter: { add: (metric: MetricName, value: number) => void values.set(metric, value) },
  } as unknown as Parameters<typeof measureQueue>[0];
  const minutes = async (count: number, availability: QueueAvailability) => {
    for (let minute = 0; minute < count; minute++) {
      now += dispatchSeconds * 1000;
      await measureQueue(ports, availability, dispatchSeconds);
    }
    return values.get('QueueStalledSeconds');
  };
  return { queue, values, minutes };
}

const open = { freeSlots: 1 };

it('a head that stays while a slot is free has stalled since the first check', async () => {
  const { minutes } = await openQueue();
  expect(await minutes(11, open)).toBe(600);
});

it.each([
  ['transfers are paused', { freeSlots: 1, holdReason: 'transfers are paused' }],
  ['the window is closed', { freeSlots: 1, holdReason: 'the transfer window is closed' }],
  ['no slot is free', { freeSlots: 0 }],
] as const)('the queue does not stall while %s', async (_, availability) => {
  const { minutes } = await openQueue();
  await minutes(11, open);
  expect(await minutes(1, availability)).toBe(0);
});

it('the time of a long pause does not count after it', async () => {
  const { minutes } = await openQueue();
  await minutes(5, open);
  await minutes(60, { freeSlots: 1, holdReason: 'transfers are paused' });
  expect(await minutes(2, open)).toBe(60);
});

it('a queue that moves does not stall, however old its oldest transfer is', async () => {
  const { queue, values, minutes } = await openQueue();
  await minutes(30, open);
  const [head] = await queue.firstTickets('live', 1);
  if (head) await queue.removeTicket(head);
  expect(await minutes(1, open)).toBe(0);
  expect(values.get('OldestQueuedSeconds')).toBe(31 * 60);
});

it('an empty queue does not stall', async () => {
  const { queue, values, minutes } = await openQueue();
  for (const ticket of queue.tickets()) await queue.removeTicket(ticket);
  expect(await minutes(11, open)).toBe(0);
  expect(values.get('QueueLength')).toBe(0);
});
