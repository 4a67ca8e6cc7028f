import { describe, expect, it } from 'vitest';
import { maxStartsPerSecond, maxStartsPerTicket } from '#src/core/limits/limits.ts';
import { executionArnOf } from '#src/core/queue/execution-arn.ts';
import type { Planned } from '../harness/step-harness.ts';
import { by, openQueue, type QueueHarness, stateMachineArn } from './queue-harness.ts';

/** Queues transfers behind a sending one, then fails the sending one to free its slot. */
async function openWaiting(waiting: number, inputs: readonly object[] = []): Promise<QueueHarness> {
  const queue = await openQueue();
  const first = await queue.start(1);
  for (let i = 2; i < waiting + 2; i++) await queue.start(i, inputs[i - 2]);
  await fail(queue, first, 1);
  return queue;
}

const failed = { errorIn: { AwaitAsset: { Error: 'UploadFailedError', Cause: '' } } };

async function fail({ harness }: QueueHarness, state: Planned, i: number): Promise<void> {
  await harness.record({ ...state, ...failed }, by(i));
}

const namesIn = ({ harness }: QueueHarness) =>
  harness.doubles.starter.starts.map(({ name }) => name);

describe('the dispatcher', () => {
  it('starts the execution that the output of the queued transfer names', async () => {
    const queue = await openQueue();
    const first = await queue.start(1);
    const { ending } = await queue.start(2);
    await fail(queue, first, 1);
    expect(await queue.dispatch()).toMatchObject({ running: 1, freeSlots: 1 });
    expect(namesIn(queue)).toEqual([ending?.nextExecution]);
  });

  it('starts nothing while no slot is free', async () => {
    const queue = await openQueue();
    await queue.start(1);
    await queue.start(2);
    expect(await queue.dispatch()).toEqual({ running: 0, freeSlots: 0 });
    expect(namesIn(queue)).toEqual([]);
  });

  it('starts one execution per free slot, in order of arrival', async () => {
    const queue = await openWaiting(3);
    queue.harness.tune({ maxActiveTransfers: 2 });
    await queue.dispatch();
    const rows = await Promise.all([queue.row(2), queue.row(3)]);
    expect(namesIn(queue)).toEqual(rows.map(({ transferId }) => `${transferId}-1-1`));
  });

  it('stays within the start quota of a second, over all its calls', async () => {
    const queue = await openWaiting(2);
    const { doubles } = queue.harness;
    const second = Math.floor(doubles.clock.now() / 1000);
    await doubles.queue.reserveStarts(second, maxStartsPerSecond, maxStartsPerSecond);
    expect(await queue.dispatch()).toMatchObject({ running: 0 });
    doubles.clock.advance(1_000);
    expect(await queue.dispatch()).toMatchObject({ running: 1 });
  });

  it('starts a ticket behind many tickets that wait for the reconciler', async () => {
    const queue = await openWaiting(1);
    const { store, queue: rows } = queue.harness.doubles;
    const { transferId, fence, ...waiting } = await queue.row(2);
    for (let i = 0; i < 60; i++) {
      const died = { ...waiting, transferId: `died-${i}`, fence, state: 'active' } as const;
      await store.takeTransfer({ ...died, slot: undefined }, undefined);
      await rows.putTicket({
        priority: 'live',
        number: -60 + i,
        transferId: died.transferId,
        fence,
        since: 0,
      });
    }
    expect(await queue.dispatch()).toMatchObject({ running: 1 });
    expect(namesIn(queue)).toEqual([`${transferId}-1-1`]);
  });

  it('starts live transfers before any backfill', async () => {
    const queue = await openWaiting(2, [{ priority: 'backfill' }, {}]);
    await queue.dispatch();
    const { transferId } = await queue.row(3);
    expect(namesIn(queue)).toEqual([`${transferId}-1-1`]);
  });

  it('uses the same name until the execution has taken its transfer', async () => {
    const queue = await openWaiting(2);
    await queue.dispatch();
    await queue.dispatch();
    expect(new Set(namesIn(queue)).size).toBe(1);
  });

  it('starts the next ticket after the started execution has released its slot', async () => {
    const queue = await openWaiting(2);
    await queue.dispatch();
    const [start] = queue.harness.doubles.starter.starts;
    if (!start) throw new Error('no execution was started');
    const opened = await queue.goOn(start);
    expect(opened.next).toBe('send');
    expect(await queue.dispatch()).toMatchObject({ running: 0, freeSlots: 0 });
    await queue.harness.record({ ...opened, ...failed }, { executionId: start.name });
    await queue.dispatch();
    const { transferId } = await queue.row(3);
    expect(namesIn(queue).at(-1)).toBe(`${transferId}-1-1`);
  });

  it('uses the next name after an execution ended before it took its transfer', async () => {
    const queue = await openWaiting(1);
    await queue.dispatch();
    const [name = ''] = namesIn(queue);
    endExecution(queue, name);
    queue.harness.doubles.clock.advance(60_000);
    await queue.dispatch();
    expect(namesIn(queue).at(-1)).toBe(name.replace(/-1$/, '-2'));
  });

  it('starts nothing again while the status of an execution is unknown', async () => {
    const queue = await openWaiting(1);
    await queue.dispatch();
    queue.harness.doubles.starter.ended.add(namesIn(queue)[0] ?? '');
    await queue.dispatch();
    expect(namesIn(queue)).toHaveLength(1);
  });

  it('fails a transfer after 20 executions that ended before they took it', async () => {
    const queue = await openWaiting(1);
    for (let start = 0; start <= maxStartsPerTicket; start++) {
      queue.harness.doubles.clock.advance(60_000);
      await queue.dispatch();
      for (const name of namesIn(queue)) endExecution(queue, name);
    }
    expect(namesIn(queue)).toHaveLength(maxStartsPerTicket);
    expect(await queue.row(2)).toMatchObject({
      state: 'failed',
      outcome: { error: 'StartsExhaustedError' },
      outcomePublished: true,
    });
    expect(queue.harness.doubles.queue.tickets()).toEqual([]);
  });

  it('deletes the ticket of a transfer that is over', async () => {
    const queue = await openWaiting(1);
    const { transferId, fence } = await queue.row(2);
    const over = { state: 'superseded' } as const;
    await queue.harness.doubles.store.patchTransfer(transferId, fence, over, 1);
    await queue.dispatch();
    expect(queue.harness.doubles.queue.tickets()).toEqual([]);
    expect(namesIn(queue)).toEqual([]);
  });

  it('leaves the ticket of a transfer that is still active with the same fence', async () => {
    const queue = await openWaiting(1);
    const { transferId, fence } = await queue.row(2);
    await queue.harness.doubles.store.patchTransfer(transferId, fence, { state: 'active' }, 1);
    await queue.dispatch();
    expect(queue.harness.doubles.queue.tickets()).toHaveLength(1);
    expect(namesIn(queue)).toEqual([]);
  });
});

function endExecution({ harness, executions }: QueueHarness, name: string): void {
  harness.doubles.starter.ended.add(name);
  executions.ends.set(executionArnOf(stateMachineArn, name), { status: 'failed' });
}

describe('a fault that ends every execution', () => {
  it('starts no second execution within the same second', async () => {
    const queue = await openWaiting(1);
    await queue.dispatch();
    endExecution(queue, namesIn(queue)[0] ?? '');
    queue.harness.doubles.clock.advance(60_000);
    await queue.dispatch();
    endExecution(queue, namesIn(queue).at(-1) ?? '');
    await queue.dispatch();
    expect(namesIn(queue)).toHaveLength(2);
  });
});

describe('an execution of the dispatcher', () => {
  it('preserves its number if another transfer took the slot', async () => {
    const queue = await openWaiting(2);
    await queue.dispatch();
    const [start] = queue.harness.doubles.starter.starts;
    if (!start) throw new Error('no execution was started');
    const taken = { slot: 1, transferId: 'another', fence: 1, since: 1, until: Number.MAX_VALUE };
    await queue.harness.doubles.queue.takeSlot(taken, queue.harness.doubles.clock.now());
    expect(await queue.goOn(start)).toMatchObject({ ending: { status: 'queued', position: 1 } });
  });

  it('starts after growing waits if it repeatedly finds no slot', async () => {
    const queue = await openWaiting(1);
    const { queue: slots, starter, clock } = queue.harness.doubles;
    const other = { slot: 1, transferId: 'another', fence: 1 };
    for (let minute = 0; minute < 5; minute++) {
      await queue.dispatch();
      const start = starter.starts.at(-1);
      if (!start) throw new Error('no execution was started');
      const now = clock.now();
      await slots.takeSlot({ ...other, since: 1, until: now + 1 }, now);
      await queue.goOn(start);
      await slots.clearSlot(other);
      clock.advance(60_000);
    }
    await queue.dispatch();
    const begun = starter.starts.length;
    const last = starter.starts.at(-1);
    await slots.takeSlot({ ...other, since: 1, until: clock.now() + 1 }, clock.now());
    if (last) await queue.goOn(last);
    await slots.clearSlot(other);
    await queue.dispatch();
    expect(starter.starts).toHaveLength(begun);
    clock.advance(30_000);
    await queue.dispatch();
    expect(starter.starts).toHaveLength(begun + 1);
  });

  it('ends as running-elsewhere if another execution has the transfer', async () => {
    const queue = await openWaiting(1);
    await queue.dispatch();
    const [start] = queue.harness.doubles.starter.starts;
    if (!start) throw new Error('no execution was started');
    await queue.goOn(start);
    expect(await queue.goOn({ ...start, name: 'another' })).toMatchObject({
      ending: { status: 'running-elsewhere', execution: start.name },
    });
  });

  it('is rejected for an unknown transfer', async () => {
    const queue = await openQueue();
    const input = { dispatched: { transferId: 'none', fence: 1 } };
    await expect(queue.goOn({ name: 'x', input })).rejects.toThrow('no such transfer');
  });
});

describe('a duplicate start', () => {
  it('of a queued transfer ends as queued, with the same next execution', async () => {
    const queue = await openQueue();
    await queue.start(1);
    const { ending } = await queue.start(2);
    const again = await queue.harness.open(
      await queue.harness.inspect({ bucket: 'films', key: 'film 2.mp4' }),
      by(9),
    );
    expect(again).toMatchObject({
      ending: { status: 'queued', nextExecution: ending?.nextExecution },
    });
    expect(queue.harness.doubles.queue.tickets()).toHaveLength(1);
  });

  it('writes a lost ticket again', async () => {
    const queue = await openQueue();
    await queue.start(1);
    await queue.start(2);
    const { ticketNumber: number = 0, fence } = await queue.row(2);
    await queue.harness.doubles.queue.removeTicket({ priority: 'live', number, fence });
    await queue.start(2);
    expect(queue.harness.doubles.queue.tickets()).toMatchObject([{ number, fence }]);
  });
});

describe('an execution that queued its transfer and whose result was lost', () => {
  it('ends as queued, with the same ticket', async () => {
    const queue = await openQueue();
    await queue.start(1);
    await queue.start(2);
    const { transferId, fence } = await queue.row(2);
    const errorIn = { InspectSource: { Error: 'TableUnavailableError', Cause: '' } };
    const recorded = await queue.harness.record({ transferId, fence, errorIn }, by(2));
    expect(recorded).toMatchObject({ next: 'succeed', output: { status: 'queued' } });
    expect(queue.harness.doubles.queue.tickets()).toHaveLength(1);
    expect((await queue.row(2)).state).toBe('queued');
  });
});

describe('the scheduled dispatcher', () => {
  const measured = ({ harness }: QueueHarness, metric: 'QueueLength' | 'QueueStalledSeconds') =>
    harness.doubles.meter.taken.filter((one) => one.metric === metric).map(({ value }) => value);

  it('measures the length of the queue and how long its head has not moved', async () => {
    const queue = await openWaiting(2);
    for (let minute = 0; minute < 3; minute++) {
      await queue.dispatchOnSchedule();
      queue.harness.doubles.clock.advance(60_000);
    }
    expect(measured(queue, 'QueueLength')).toEqual([2, 2, 2]);
    expect(measured(queue, 'QueueStalledSeconds')).toEqual([0, 60, 120]);
  });

  it('measures no stall while transfers are paused', async () => {
    const queue = await openWaiting(2);
    await queue.command({ command: 'pause' });
    for (let minute = 0; minute < 3; minute++) {
      await queue.dispatchOnSchedule();
      queue.harness.doubles.clock.advance(60_000);
    }
    expect(measured(queue, 'QueueStalledSeconds')).toEqual([0, 0, 0]);
  });
});
