import { describe, expect, it } from 'vitest';
import { measureQueue, type QueueAvailability } from '#src/admission/measure-queue.ts';
import { dispatchSeconds, maxSlots } from '#src/core/limits/limits.ts';
import type { Priority } from '#src/core/queue/queue.ts';
import type { MetricName } from '#src/core/shared-with-infra/metrics.ts';
import { openQueue, type QueueHarness } from './queue-harness.ts';

const free: QueueAvailability = { freeSlots: 1 };

/** Writes a ticket that has waited for some seconds. */
async function put(queue: QueueHarness, waited = 0, priority: Priority = 'live') {
  const { queue: store, clock } = queue.harness.doubles;
  const number = await store.nextTicketNumber(priority);
  const since = clock.now() - waited * 1000;
  const ticket = { priority, number, transferId: `${priority}${number}`, fence: 1, since };
  await store.putTicket(ticket);
  return ticket;
}

function measured({ harness }: QueueHarness, metric: MetricName): number[] {
  return harness.doubles.meter.taken
    .filter((one) => one.metric === metric)
    .map(({ value }) => value);
}

/** Measures once a minute. */
async function measure(
  queue: QueueHarness,
  minutes: number,
  availability: QueueAvailability = free,
): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await measureQueue(queue.harness.ports, availability, dispatchSeconds);
    queue.harness.doubles.clock.advance(dispatchSeconds * 1000);
  }
}

describe('an empty queue', () => {
  it.each(['QueueLength', 'OldestQueuedSeconds', 'QueueStalledSeconds', 'Paused'] as const)(
    'measures %s as 0, because the alarms need a value',
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

  it('excludes cancelled transfers of a short queue', async () => {
    const queue = await openQueue();
    await put(queue);
    await queue.harness.doubles.queue.removeTicket(await put(queue));
    await put(queue);
    await measure(queue, 1);
    expect(measured(queue, 'QueueLength')).toEqual([2]);
  });

  it('is measured by the numbers in a long queue', async () => {
    const queue = await openQueue();
    for (let i = 0; i < 3 * maxSlots; i++) await put(queue);
    await measure(queue, 1);
    expect(measured(queue, 'QueueLength')).toEqual([3 * maxSlots]);
  });
});

describe('the age of the oldest ticket', () => {
  it('is the age of the first ticket', async () => {
    const queue = await openQueue();
    await put(queue, 600);
    await put(queue, 30);
    await measure(queue, 1);
    expect(measured(queue, 'OldestQueuedSeconds')).toEqual([600]);
  });

  it('is the age of a backfill behind younger live tickets', async () => {
    const queue = await openQueue();
    await put(queue, 30);
    await put(queue, 7200, 'backfill');
    await measure(queue, 1);
    expect(measured(queue, 'OldestQueuedSeconds')).toEqual([7200]);
  });

  it('is the age of a later ticket if the first transfers were just stopped', async () => {
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

  it('ends when the head changes', async () => {
    const queue = await openQueue();
    const head = await put(queue);
    await put(queue);
    await measure(queue, 2);
    await queue.harness.doubles.queue.removeTicket(head);
    await measure(queue, 2);
    expect(stalls(queue)).toEqual([0, 60, 0, 60]);
  });

  it.each([
    ['no slot is free', { freeSlots: 0 }],
    ['transfers are paused', { freeSlots: 1, holdReason: 'transfers are paused' }],
  ] as const)('is 0 while %s', async (_why, availability) => {
    const queue = await openQueue();
    await put(queue);
    await measure(queue, 3, availability);
    expect(stalls(queue)).toEqual([0, 0, 0]);
  });

  it('starts again from 0 after a pause of hours', async () => {
    const queue = await openQueue();
    await put(queue);
    await measure(queue, 2);
    await measure(queue, 120, { freeSlots: 1, holdReason: 'transfers are paused' });
    await measure(queue, 2);
    expect(stalls(queue).slice(-2)).toEqual([0, 60]);
  });
});

describe('the scheduled call', () => {
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

  it('measures the queue also if every start fails', async () => {
    const queue = await openQueue();
    await put(queue);
    queue.harness.doubles.store.failNext('transfer');
    await expect(queue.dispatchOnSchedule()).rejects.toMatchObject({
      name: 'TableUnavailableError',
    });
    expect(measured(queue, 'QueueLength')).toEqual([1]);
  });
});
