import { describe, expect, it } from 'vitest';
import { runCommand } from '#src/admission/commands.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { leaseSeconds } from '#src/core/limits/limits.ts';
import type { TransferState } from '#src/core/transfer/transfer-row.ts';
import { nameOfFilm, openQueue, type QueueHarness } from '../../admission/queue-harness.ts';

const name = 'dispatched';

/** Returns a queue with one transfer and a free slot, and the execution that the dispatcher starts. */
async function queued() {
  const queue = await openQueue();
  await queue.command({ command: 'pause' });
  await queue.start(1);
  await queue.command({ command: 'resume' });
  const { transferId, fence } = await queue.row(1);
  const input = { dispatched: { transferId, fence }, ...nameOfFilm(1) };
  return { ...queue, transferId, fence, input, open: () => queue.goOn({ name, input }) };
}

/** Runs `race` just before the next write that takes the transfer. */
function beforeTaking({ harness }: QueueHarness, race: () => Promise<unknown>): void {
  const { store } = harness.ports;
  let isDone = false;
  const takeTransfer: typeof store.takeTransfer = async (...args) => {
    if (!isDone) {
      isDone = true;
      await race();
    }
    return store.takeTransfer(...args);
  };
  harness.ports = { ...harness.ports, store: { ...store, takeTransfer } };
}

describe('a dispatched execution', () => {
  it('takes the transfer with the next fence and a new lease', async () => {
    const { harness, row, open, fence } = await queued();
    expect(await open()).toMatchObject({ next: 'send', fence: fence + 1 });
    const leaseUntil = harness.doubles.clock.now() + leaseSeconds * 1000;
    const taken = { state: 'active', owner: name, fence: fence + 1, leaseUntil };
    expect(await row(1)).toMatchObject(taken);
  });

  it('removes the ticket', async () => {
    const { harness, open } = await queued();
    await open();
    expect(harness.doubles.queue.tickets()).toEqual([]);
  });

  it('takes the transfer once if it is called twice', async () => {
    const { harness, row, open, fence } = await queued();
    await open();
    expect(await open()).toMatchObject({ next: 'send' });
    expect((await row(1)).fence).toBe(fence + 1);
    expect(harness.doubles.calls.opened).toBe(1);
  });

  it('continues with the same fence after a write whose reply was lost', async () => {
    const { harness, open, fence } = await queued();
    const { store } = harness.ports;
    const takeTransfer: typeof store.takeTransfer = async (...args) => {
      await store.takeTransfer(...args);
      throw new TransferError('TableUnavailableError', 'the reply was lost');
    };
    const allPorts = harness.ports;
    harness.ports = { ...allPorts, store: { ...store, takeTransfer } };
    await expect(open()).rejects.toMatchObject({ name: 'TableUnavailableError' });
    harness.ports = allPorts;
    expect(await open()).toMatchObject({ next: 'send', fence: fence + 1 });
  });

  it('takes the transfer alone if two are started at once', async () => {
    const { harness, open, goOn, input } = await queued();
    const both = await Promise.all([open(), goOn({ name: 'other', input })]);
    expect(both.map(({ next }) => next).sort()).toEqual(['ended', 'send']);
    expect(harness.doubles.calls.opened).toBe(1);
  });

  it('fails by name if the destination has changed since the transfer was queued', async () => {
    const { harness, transferId, open } = await queued();
    const { destination } = harness.ports;
    const { identity } = destination;
    harness.ports = { ...harness.ports, destination: { ...destination, identity: 'another' } };
    await expect(open()).rejects.toMatchObject({
      name: 'DestinationChangedError',
      message: expect.stringContaining(
        `queued for "${identity}"; the present destination is "another"`,
      ),
    });
    const row = await harness.doubles.store.transfer(transferId);
    expect(row?.destination).toBe(identity);
    expect(harness.doubles.calls.opened).toBe(0);
  });

  it('is counted as dispatched', async () => {
    const { harness, open } = await queued();
    await open();
    expect(harness.doubles.meter.sum('TransfersDispatched')).toBe(1);
  });

  it('names the next execution if the transfer was queued again', async () => {
    const queue = await queued();
    const { harness, row, open, transferId, fence } = queue;
    const before = await row(1);
    await harness.doubles.store.takeTransfer({ ...before, fence: fence + 1 }, before);
    expect(await open()).toMatchObject({
      ending: { status: 'queued', nextExecution: `${transferId}-${fence + 1}-1` },
    });
  });

  it.each([
    ['ready', 'already-ingested'],
    ['failed', 'no-longer-queued'],
    ['superseded', 'no-longer-queued'],
    ['cancelled', 'cancelled'],
  ] as const)('ends successfully if the transfer is %s now', async (state, status) => {
    const { harness, open, transferId, fence } = await queued();
    const patch: { state: TransferState } = { state };
    await harness.doubles.store.patchTransfer(transferId, fence, patch, 1);
    expect(await open()).toMatchObject({ next: 'ended', ending: { status, transferId } });
  });
});

describe('a dispatched execution that is stopped and redriven', () => {
  const outcomes = {
    failed: { status: 'failed', error: 'ExecutionEndedError' },
    cancelled: { status: 'cancelled', cancelledBy: 'stop', why: 'stopped by an operator' },
  } as const;

  it.each(['failed', 'cancelled'] as const)(
    'continues if the reconciler wrote "%s"',
    async (state) => {
      const { harness, row, open, transferId, fence } = await queued();
      await open();
      const ended = { state, outcome: outcomes[state], slot: undefined };
      await harness.doubles.store.patchTransfer(transferId, fence + 1, ended, 1);
      expect(await open()).toMatchObject({ next: 'send', fence: fence + 1 });
      const after = await row(1);
      expect(after).toMatchObject({ state: 'active', owner: name });
      expect(after.outcome).toBeUndefined();
    },
  );

  it('stays cancelled if an operator cancelled the transfer', async () => {
    const { open, command, transferId } = await queued();
    await open();
    await command({ command: 'cancel', transferId });
    expect(await open()).toMatchObject({ next: 'ended', ending: { status: 'cancelled' } });
  });
});

describe('a cancel while a dispatched execution takes the transfer', () => {
  it('that comes first ends the execution as cancelled, without a session', async () => {
    const queue = await queued();
    const { harness, transferId } = queue;
    const { ports } = harness;
    beforeTaking(queue, () => runCommand(ports, { command: 'cancel', transferId }));
    expect(await queue.open()).toMatchObject({ ending: { status: 'cancelled', transferId } });
    expect(harness.doubles.calls.opened).toBe(0);
  });

  it('that comes second cancels the active transfer', async () => {
    const { harness, row, open, transferId, command } = await queued();
    const { store } = harness.ports;
    let isTaken = false;
    const patchTransfer: typeof store.patchTransfer = async (...args) => {
      if (!isTaken) {
        isTaken = true;
        await open();
      }
      return store.patchTransfer(...args);
    };
    const racing = { ...harness.ports, store: { ...store, patchTransfer } };
    expect(await runCommand(racing, { command: 'cancel', transferId })).toMatchObject({
      changed: true,
    });
    expect(await row(1)).toMatchObject({ state: 'cancelled', owner: name });
    expect(await command({ command: 'cancel', transferId })).toMatchObject({ changed: false });
  });
});

it('an object stays queued once after a second, forced start', async () => {
  const { harness, start } = await queued();
  expect(await start(1, { force: true })).toMatchObject({ ending: { status: 'queued' } });
  expect(harness.doubles.queue.tickets()).toHaveLength(1);
});
