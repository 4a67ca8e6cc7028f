import { describe, expect, it } from 'vitest';
import { maxSlots } from '#src/core/limits/limits.ts';
import type { Priority } from '#src/core/queue/queue.ts';
import { runCommand } from '#src/queue/commands.ts';
import { joinQueue } from '#src/queue/join-queue.ts';
import type { Planned } from '../harness/step-harness.ts';
import { by, openQueue, type QueueHarness } from './queue-harness.ts';
import { dieEverywhere } from './settle-stage.ts';

const hourMs = 3600_000;

/** Pauses the transfers under way, then opens a transfer again as its own execution does. */
async function stop({ harness, command }: QueueHarness, state: Planned, i: number) {
  await command({ command: 'pause', underWay: 'stop' });
  return harness.open(await harness.confirm(state, by(i)), by(i));
}

/** Queues so many transfers that have a ticket and nothing else. */
async function putTickets({ harness }: QueueHarness, priority: Priority, count: number) {
  const { queue } = harness.bench;
  for (let i = 0; i < count; i++) {
    const number = await queue.nextTicketNumber(priority);
    const transferId = `${priority}-${number}`;
    await queue.putTicket({ priority, number, transferId, fence: 1, since: 1 });
  }
}

describe('a transfer that joins the queue', () => {
  it('is queued, with a ticket by its fence and without its slot', async () => {
    const queue = await openQueue();
    await stop(queue, await queue.start(1), 1);
    const row = await queue.row(1);
    expect(row).toMatchObject({ state: 'queued', fence: 1 });
    expect(row.slot).toBeUndefined();
    expect(queue.harness.bench.queue.tickets()).toMatchObject([
      { number: row.ticketNumber, transferId: row.transferId, fence: 1 },
    ]);
  });

  it('keeps the number that it drew when it took its slot', async () => {
    const queue = await openQueue();
    const first = await queue.start(1);
    const { ticketNumber } = await queue.row(1);
    await putTickets(queue, 'live', 3);
    expect(await stop(queue, first, 1)).toMatchObject({ ending: { position: 1 } });
    expect((await queue.row(1)).ticketNumber).toBe(ticketNumber);
  });

  it('starts to count failed starts from 0', async () => {
    const queue = await openQueue();
    const first = await queue.start(1);
    const { transferId, fence } = await queue.row(1);
    await queue.harness.bench.store.patchTransfer(transferId, fence, { failedStarts: 7 }, 1);
    await stop(queue, first, 1);
    expect((await queue.row(1)).failedStarts).toBeUndefined();
  });

  it('is counted as queued', async () => {
    const queue = await openQueue();
    await stop(queue, await queue.start(1), 1);
    expect(queue.harness.bench.meter.sum('TransfersQueued')).toBe(1);
  });

  it('writes no ticket where another execution owns it by now', async () => {
    const queue = await openQueue();
    await queue.start(1);
    const row = await queue.row(1);
    await queue.harness.bench.store.takeTransfer({ ...row, owner: 'other', fence: 2 }, row);
    const joining = joinQueue(queue.harness.ports, row, 'transfers are paused');
    await expect(joining).rejects.toMatchObject({ name: 'FencedOutError' });
    expect(queue.harness.bench.queue.tickets()).toEqual([]);
  });

  it('stays cancelled where an operator cancels it between its ticket and its state', async () => {
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

it('a death at any call of joining the queue loses neither the transfer nor its number', async () => {
  const calls = await dieEverywhere(async (die) => {
    const queue = await openQueue();
    const first = await queue.start(1);
    const { harness, ends } = queue;
    const { ticketNumber } = await queue.row(1);
    const ports = { ...harness.ports, ...die({ ...harness.ports, executions: ends }) };
    await joinQueue(ports, await queue.row(1), 'transfers are paused').catch(() => {});
    await queue.dispatch();
    expect(harness.bench.starter.starts.length).toBe(
      (await queue.row(1)).state === 'queued' ? 1 : 0,
    );
    const confirmed = await harness.confirm(first, by(1)).catch(() => first);
    await queue.command({ command: 'pause', underWay: 'stop' });
    expect(await harness.open(confirmed, by(1))).toMatchObject({ ending: { status: 'queued' } });
    expect(harness.bench.queue.tickets()).toMatchObject([{ number: ticketNumber, fence: 1 }]);
    expect(harness.bench.queue.held.size).toBe(0);
  });
  expect(calls).toBeGreaterThan(3);
});

describe('the position', () => {
  it.each([
    ['is 1 in an empty queue', 0, 0, {}, 1],
    ['counts the live ones before it', 4, 0, {}, 5],
    ['of a live one counts no backfill', 1, 7, {}, 2],
    ['of a backfill counts all live ones', 4, 2, { priority: 'backfill' }, 7],
    ['is as exact behind more than 100', maxSlots + 50, 0, {}, maxSlots + 51],
  ])('%s', async (_what, live, backfill, input, position) => {
    const queue = await openQueue();
    await putTickets(queue, 'live', live);
    await putTickets(queue, 'backfill', backfill);
    await queue.command({ command: 'pause' });
    expect(await queue.start(1, input)).toMatchObject({ ending: { position } });
  });
});

describe('a transfer that stops with an open session', () => {
  const phrase = 'the upload session ends unless the transfer goes on before';
  const warnings = ({ harness }: QueueHarness) =>
    harness.bench.logged.filter(({ message }) => message === phrase).map(({ fields }) => fields);

  /** Stops a transfer at 14:00, whose session ends at noon of the next day, outside a window. */
  async function stopOutside(from: string, to: string): Promise<QueueHarness> {
    const queue = await openQueue();
    await queue.start(1);
    queue.harness.bench.clock.advance(2 * hourMs);
    queue.harness.tune({ transferWindow: { from, to, timeZone: 'UTC', underWay: 'stop' } });
    await joinQueue(queue.harness.ports, await queue.row(1), 'the transfer window is closed');
    return queue;
  }

  it('warns where the session ends before the window opens', async () => {
    expect(warnings(await stopOutside('13:30', '13:45'))).toMatchObject([
      { expiresAt: '2026-11-22T12:00:00.000Z', windowOpensAt: '2026-11-22T13:30:00.000Z' },
    ]);
  });

  it('says nothing where the window opens before the session ends', async () => {
    expect(warnings(await stopOutside('22:00', '06:00'))).toEqual([]);
  });

  it('warns of the end of the session where a pause has no end yet', async () => {
    const queue = await openQueue();
    await stop(queue, await queue.start(1), 1);
    expect(warnings(queue)).toMatchObject([{ expiresAt: '2026-11-22T12:00:00.000Z' }]);
  });

  it('says nothing where no session was opened', async () => {
    const queue = await openQueue();
    await queue.command({ command: 'pause' });
    await queue.start(1);
    expect(warnings(queue)).toEqual([]);
  });
});
