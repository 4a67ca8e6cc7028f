import { describe, expect, it } from 'vitest';
import { runCommand } from '#src/admission/commands.ts';
import { joinQueue } from '#src/admission/join-queue.ts';
import { maxSlots } from '#src/core/limits/limits.ts';
import type { Priority } from '#src/core/queue/queue.ts';
import type { Planned } from '../harness/step-harness.ts';
import { crashEverywhere } from '../reconciler/reconciler-harness.ts';
import { by, openQueue, type QueueHarness } from './queue-harness.ts';

const hourMs = 3600_000;

/** Stops active transfers by a pause, then enters OpenSession again as the transfer's execution. */
async function stop({ harness, command }: QueueHarness, state: Planned, i: number) {
  await command({ command: 'pause', underWay: 'stop' });
  return harness.open(await harness.confirm(state, by(i)), by(i));
}

/** Writes tickets without transfers. */
async function putTickets({ harness }: QueueHarness, priority: Priority, count: number) {
  const { queue } = harness.doubles;
  for (let i = 0; i < count; i++) {
    const number = await queue.nextTicketNumber(priority);
    const transferId = `${priority}-${number}`;
    await queue.putTicket({ priority, number, transferId, fence: 1, since: 1 });
  }
}

describe('a transfer that joins the queue', () => {
  it('is queued, with a ticket of its fence and without its slot', async () => {
    const queue = await openQueue();
    await stop(queue, await queue.start(1), 1);
    const row = await queue.row(1);
    expect(row).toMatchObject({ state: 'queued', fence: 1 });
    expect(row.slot).toBeUndefined();
    expect(queue.harness.doubles.queue.tickets()).toMatchObject([
      { number: row.ticketNumber, transferId: row.transferId, fence: 1 },
    ]);
  });

  it('preserves the number that it got with its slot', async () => {
    const queue = await openQueue();
    const first = await queue.start(1);
    const { ticketNumber } = await queue.row(1);
    await putTickets(queue, 'live', 3);
    expect(await stop(queue, first, 1)).toMatchObject({ ending: { position: 1 } });
    expect((await queue.row(1)).ticketNumber).toBe(ticketNumber);
  });

  it('resets its failed starts', async () => {
    const queue = await openQueue();
    const first = await queue.start(1);
    const { transferId, fence } = await queue.row(1);
    await queue.harness.doubles.store.patchTransfer(transferId, fence, { failedStarts: 7 }, 1);
    await stop(queue, first, 1);
    expect((await queue.row(1)).failedStarts).toBeUndefined();
  });

  it('is counted as queued', async () => {
    const queue = await openQueue();
    await stop(queue, await queue.start(1), 1);
    expect(queue.harness.doubles.meter.sum('TransfersQueued')).toBe(1);
  });

  it('writes no ticket if another execution owns it', async () => {
    const queue = await openQueue();
    await queue.start(1);
    const row = await queue.row(1);
    await queue.harness.doubles.store.takeTransfer({ ...row, owner: 'other', fence: 2 }, row);
    const joining = joinQueue(queue.harness.ports, row, 'transfers are paused');
    await expect(joining).rejects.toMatchObject({ name: 'FencedOutError' });
    expect(queue.harness.doubles.queue.tickets()).toEqual([]);
  });

  it('stays cancelled if an operator cancels it between its ticket and its state', async () => {
    const queue = await openQueue();
    await queue.start(1);
    const row = await queue.row(1);
    const { ports } = queue.harness;
    const putTicket: typeof ports.queue.putTicket = async (ticket) => {
      await ports.queue.putTicket(ticket);
      await runCommand(ports, { command: 'cancel', transferId: row.transferId });
    };
    const racing = { ...ports, queue: { ...ports.queue, putTicket } };
    const joining = joinQueue(racing, row, 'transfers are paused');
    await expect(joining).rejects.toMatchObject({ name: 'TransferCancelledError' });
    expect((await queue.row(1)).state).toBe('cancelled');
  });
});

it('a crash at any call of joining the queue loses neither the transfer nor its number', async () => {
  const calls = await crashEverywhere(async (crashing) => {
    const queue = await openQueue();
    const first = await queue.start(1);
    const { harness, executions } = queue;
    const { ticketNumber } = await queue.row(1);
    const ports = { ...harness.ports, ...crashing({ ...harness.ports, executions }) };
    await joinQueue(ports, await queue.row(1), 'transfers are paused').catch(() => {});
    await queue.dispatch();
    // The slot is freed last. After a crash before that, the repeated call or the reconciler frees it.
    const isReady =
      (await queue.row(1)).state === 'queued' && harness.doubles.queue.held.size === 0;
    expect(harness.doubles.starter.starts.length).toBe(isReady ? 1 : 0);
    const confirmed = await harness.confirm(first, by(1)).catch(() => first);
    await queue.command({ command: 'pause', underWay: 'stop' });
    expect(await harness.open(confirmed, by(1))).toMatchObject({ ending: { status: 'queued' } });
    expect(harness.doubles.queue.tickets()).toMatchObject([{ number: ticketNumber, fence: 1 }]);
    expect(harness.doubles.queue.held.size).toBe(0);
  });
  expect(calls).toBeGreaterThan(3);
});

describe('the position', () => {
  it.each([
    ['is 1 in an empty queue', 0, 0, {}, 1],
    ['counts the live transfers ahead', 4, 0, {}, 5],
    ['of a live transfer counts no backfill', 1, 7, {}, 2],
    ['of a backfill counts all live transfers', 4, 2, { priority: 'backfill' }, 7],
    ['is exact behind more than 100 transfers', maxSlots + 50, 0, {}, maxSlots + 51],
  ])('%s', async (_what, live, backfill, input, position) => {
    const queue = await openQueue();
    await putTickets(queue, 'live', live);
    await putTickets(queue, 'backfill', backfill);
    await queue.command({ command: 'pause' });
    expect(await queue.start(1, input)).toMatchObject({ ending: { position } });
  });
});

describe('a transfer that stops with an open session', () => {
  const phrase = 'session expires while the transfer is queued';
  const warnings = ({ harness }: QueueHarness) =>
    harness.doubles.logged.filter(({ message }) => message === phrase).map(({ fields }) => fields);

  /** Stops a transfer at 14:00 outside a window. Its session expires at noon of the next day. */
  async function stopOutside(from: string, to: string): Promise<QueueHarness> {
    const queue = await openQueue();
    await queue.start(1);
    queue.harness.doubles.clock.advance(2 * hourMs);
    queue.harness.tune({ transferWindow: { from, to, timeZone: 'UTC', underWay: 'stop' } });
    await joinQueue(queue.harness.ports, await queue.row(1), 'the transfer window is closed');
    return queue;
  }

  it('warns if the session expires before the window opens', async () => {
    expect(warnings(await stopOutside('13:30', '13:45'))).toMatchObject([
      { expiresAt: '2026-11-22T12:00:00.000Z', windowOpensAt: '2026-11-22T13:30:00.000Z' },
    ]);
  });

  it('logs no warning if the window opens before the session expires', async () => {
    expect(warnings(await stopOutside('22:00', '06:00'))).toEqual([]);
  });

  it('warns about the session’s expiry during a pause', async () => {
    const queue = await openQueue();
    await stop(queue, await queue.start(1), 1);
    expect(warnings(queue)).toMatchObject([{ expiresAt: '2026-11-22T12:00:00.000Z' }]);
  });

  it('logs no warning without a session', async () => {
    const queue = await openQueue();
    await queue.command({ command: 'pause' });
    await queue.start(1);
    expect(warnings(queue)).toEqual([]);
  });
});
