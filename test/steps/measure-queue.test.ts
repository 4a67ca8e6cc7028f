import { describe, expect, it } from 'vitest';
import { dispatchSeconds, maxSlots } from '#src/core/limits/limits.ts';
import type { Priority } from '#src/core/queue/queue.ts';
import type { MetricName } from '#src/core/stack/metrics.ts';
import { measureQueue, type QueueAvailability } from '#src/queue/measure-queue.ts';
import { openQueue, type QueueHarness } from './queue-harness.ts';

const free: QueueAvailability = { freeSlots: 1 };

/** Puts a ticket that has waited for so many seconds. */
async function put(queue: QueueHarness, waited = 0, priority: Priority = 'live') {
  const { queue: store, clock } = queue.harness.bench;
  const number = await store.nextTicketNumber(priority);
  const since = clock.now() - waited * 1000;
  const ticket = { priority, number, transferId: `${priority}${number}`, fence: 1, since };
  await store.putTicket(ticket);
  return ticket;
}

function measured({ harness }: QueueHarness, metric: MetricName): number[] {
  return harness.bench.meter.taken.filter((one) => one.metric === metric).map(({ value }) => value);
}

/** Measures so many minutes long, once each minute. */
async function measure(queue: QueueHarness, minutes: number, openness = free): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await measureQueue(queue.harness.ports, openness, dispatchSeconds);
    queue.harness.bench.clock.advance(dispatchSeconds * 1000);
  }
}

describe('an empty queue', () => {
  it.each(['QueueLength', 'OldestQueuedSeconds', 'QueueStalledSeconds', 'Paused'] as const)(
    'measures %s as 0, so that an alarm always has its number',
    async (metric) => {
      const queue = await openQueue();
      await measure(queue, 1);
      expect(measured(queue, metric)).toEqual([0]);
    },
  );
});

describe('the length of the queue', () => {
  it('counts both priorities', async () => {
    const queue = await openQueue();
    await put(queue);
    await put(queue, 0, 'backfill');
    await put(queue, 0, 'backfill');
    await measure(queue, 1);
    expect(measured(queue, 'QueueLength')).toEqual([3]);
  });

  it('leaves out the cancelled ones of a short queue', async () => {
    const queue = await openQueue();
    await put(queue);
    await queue.harness.bench.queue.removeTicket(await put(queue));
    await put(queue);
    await measure(queue, 1);
    expect(measured(queue, 'QueueLength')).toEqual([2]);
  });

  it('is measured in a long one by its numbers', async () => {
    const queue = await openQueue();
    for (let i = 0; i < 3 * maxSlots; i++) await put(queue);
    await measure(queue, 1);
    expect(measured(queue, 'QueueLength')).toEqual([3 * maxSlots]);
  });
});

describe('the age of the oldest ticket', () => {
  it('is that of the first one', async () => {
    const queue = await openQueue();
    await put(queue, 600);
    await put(queue, 30);
    await measure(queue, 1);
    expect(measured(queue, 'OldestQueuedSeconds')).toEqual([600]);
  });

  it('is that of a backfill which waits behind younger live ones', async () => {
    const queue = await openQueue();
    await put(queue, 30);
    await put(queue, 7200, 'backfill');
    await measure(queue, 1);
    expect(measured(queue, 'OldestQueuedSeconds')).toEqual([7200]);
  });

  it('is that of a later number where the first ones were stopped a moment ago', async () => {
    const queue = await openQueue();
    await put(queue, 10);
    await put(queue, 900);
    await measure(queue, 1);
    expect(measured(queue, 'OldestQueuedSeconds')).toEqual([900]);
  });
});

describe('a stall', () => {
  const stalls = (queue: QueueHarness) => measured(queue, 'QueueStalledSeconds');

  it('lasts while the head of the queue stays the same', async () => {
    const queue = await openQueue();
    await put(queue);
    await measure(queue, 4);
    expect(stalls(queue)).toEqual([0, 60, 120, 180]);
  });

  it('is over once the head has changed', async () => {
    const queue = await openQueue();
    const head = await put(queue);
    await put(queue);
    await measure(queue, 2);
    await queue.harness.bench.queue.removeTicket(head);
    await measure(queue, 2);
    expect(stalls(queue)).toEqual([0, 60, 0, 60]);
  });

  it.each([
    ['no slot is free', { freeSlots: 0 }],
    ['transfers are held', { freeSlots: 1, held: 'transfers are paused' }],
  ])('is none while %s', async (_why, openness) => {
    const queue = await openQueue();
    await put(queue);
    await measure(queue, 3, openness);
    expect(stalls(queue)).toEqual([0, 0, 0]);
  });

  it('starts from 0 again after a pause of hours', async () => {
    const queue = await openQueue();
    await put(queue);
    await measure(queue, 2);
    await measure(queue, 120, { freeSlots: 1, held: 'transfers are paused' });
    await measure(queue, 2);
    expect(stalls(queue).slice(-2)).toEqual([0, 60]);
  });
});

describe('the call of every minute', () => {
  it('measures whether transfers are paused', async () => {
    const queue = await openQueue();
    await queue.command({ command: 'pause' });
    await queue.dispatchOnSchedule();
    await queue.command({ command: 'resume' });
    await queue.dispatchOnSchedule();
    expect(measured(queue, 'Paused')).toEqual([1, 0]);
  });

  it('measures whether the window is open', async () => {
    const queue = await openQueue();
    await queue.dispatchOnSchedule();
    queue.harness.tune({ transferWindow: { from: '22:00', to: '06:00', timeZone: 'UTC' } });
    await queue.dispatchOnSchedule();
    expect(measured(queue, 'WindowOpen')).toEqual([1, 0]);
  });

  it('measures the queue also where it can start nothing', async () => {
    const queue = await openQueue();
    await put(queue);
    queue.harness.bench.store.refuse('transfer');
    await expect(queue.dispatchOnSchedule()).rejects.toMatchObject({
      name: 'TableUnavailableError',
    });
    expect(measured(queue, 'QueueLength')).toEqual([1]);
  });
});
