import { describe, expect, it } from 'vitest';
import { readCommand } from '#src/admission/commands.ts';
import { itemOf } from '../harness/step-harness.ts';
import { by, nameOfFilm, openQueue } from './queue-harness.ts';

const event = (key: string) => ({
  source: 'aws.s3',
  'detail-type': 'Object Created',
  detail: { bucket: { name: 'films' }, object: { key } },
});

describe('a pause', () => {
  it('queues new transfers, and starts them after resume', async () => {
    const queue = await openQueue();
    await queue.command({ command: 'pause' });
    expect(await queue.start(1)).toMatchObject({
      ending: { status: 'queued', because: 'transfers are paused' },
    });
    expect(await queue.dispatch()).toMatchObject({
      running: 0,
      holdReason: 'transfers are paused',
    });
    await queue.command({ command: 'resume' });
    expect(await queue.dispatch()).toMatchObject({ running: 1 });
  });

  it('lets active transfers complete', async () => {
    const queue = await openQueue();
    const first = await queue.start(1);
    await queue.command({ command: 'pause' });
    await queue.harness.sendAll(first, by(1));
    expect(await queue.harness.confirm(first, by(1))).toMatchObject({ next: 'asset' });
  });

  it('with stop queues active transfers at the next chunk, first and with their session', async () => {
    const queue = await openQueue();
    const first = await queue.start(1);
    await queue.start(2);
    await queue.command({ command: 'pause', underWay: 'stop' });
    expect(await queue.harness.send(itemOf(first), by(1))).toMatchObject({ next: 'stop' });
    const confirmed = await queue.harness.confirm(first, by(1));
    expect(await queue.harness.open(confirmed, by(1))).toMatchObject({
      ending: { status: 'queued', position: 1 },
    });
    expect(await queue.row(1)).toMatchObject({ state: 'queued', sessionNumber: 1 });
    expect(queue.harness.doubles.queue.held.size).toBe(0);
    await queue.command({ command: 'resume' });
    await queue.dispatch();
    const [start] = queue.harness.doubles.starter.starts;
    if (!start) throw new Error('no execution was started');
    expect(await queue.goOn(start)).toMatchObject({ next: 'send', sessionNumber: 1 });
    expect(queue.harness.doubles.calls.opened).toBe(1);
  });

  it('is idempotent, and reports whether it changed anything', async () => {
    const queue = await openQueue();
    const pause = { command: 'pause' };
    expect(await queue.command(pause)).toEqual({ command: 'pause', paused: true, changed: true });
    expect(await queue.command(pause)).toEqual({ command: 'pause', paused: true, changed: false });
  });
});

describe('outside the transfer window', () => {
  const transferWindow = { from: '22:00', to: '22:01', timeZone: 'UTC' };

  it('queues every transfer', async () => {
    const queue = await openQueue({ transferWindow });
    expect(await queue.start(1)).toMatchObject({
      ending: { status: 'queued', because: 'the transfer window is closed' },
    });
  });

  it('starts queued transfers when the window opens', async () => {
    const queue = await openQueue({ transferWindow });
    await queue.start(1);
    expect(await queue.dispatch()).toMatchObject({ running: 0 });
    queue.harness.doubles.clock.advance(10 * 3600_000);
    expect(await queue.dispatch()).toMatchObject({ running: 1 });
  });
});

describe('cancel', () => {
  it('ends a queued transfer at once', async () => {
    const queue = await openQueue();
    await queue.start(1);
    await queue.start(2);
    const { transferId } = await queue.row(2);
    expect(await queue.command({ command: 'cancel', transferId })).toEqual({
      command: 'cancel',
      transferId,
      state: 'cancelled',
      changed: true,
    });
    expect(queue.harness.doubles.queue.tickets()).toEqual([]);
    expect(queue.harness.doubles.events.outcomes.at(-1)).toMatchObject({
      type: 'Transfer Cancelled',
    });
  });

  it('is idempotent', async () => {
    const queue = await openQueue();
    await queue.start(1);
    await queue.start(2);
    const { transferId } = await queue.row(2);
    await queue.command({ command: 'cancel', transferId });
    const again = await queue.command({ command: 'cancel', transferId });
    expect(again).toMatchObject({ state: 'cancelled', changed: false });
    expect(queue.harness.doubles.events.outcomes).toHaveLength(1);
    expect(queue.harness.doubles.meter.sum('TransfersCancelled')).toBe(1);
  });

  it('lets the execution of an active transfer succeed and release its slot', async () => {
    const queue = await openQueue();
    const first = await queue.start(1);
    const { transferId } = await queue.row(1);
    await queue.command({ command: 'cancel', transferId });
    expect(queue.harness.doubles.queue.held.size).toBe(1);
    const error = await queue.harness.confirm(first, by(1)).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: 'TransferCancelledError' });
    const recorded = await queue.harness.record(
      { ...first, errorIn: { AwaitAsset: { Error: 'TransferCancelledError', Cause: '' } } },
      by(1),
    );
    expect(recorded).toMatchObject({ next: 'succeed', output: { status: 'cancelled' } });
    expect(queue.harness.doubles.queue.held.size).toBe(0);
    expect(queue.harness.doubles.meter.sum('TransfersFailed')).toBe(0);
  });

  it('is not undone by an execution whose asset is ready', async () => {
    const queue = await openQueue();
    const first = await queue.start(1);
    const { transferId } = await queue.row(1);
    await queue.command({ command: 'cancel', transferId });
    const ending = { status: 'ready' };
    expect(await queue.harness.record({ ...first, ending }, by(1))).toMatchObject({
      output: { status: 'cancelled' },
    });
    expect((await queue.row(1)).state).toBe('cancelled');
  });

  it('is not undone by a repeated event', async () => {
    const queue = await openQueue();
    await queue.start(1);
    await queue.start(2);
    const { transferId } = await queue.row(2);
    await queue.command({ command: 'cancel', transferId });
    const inspected = await queue.harness.inspect(event(nameOfFilm(2).key));
    expect(await queue.harness.open(inspected, by(3))).toMatchObject({
      ending: { status: 'cancelled', transferId },
    });
  });

  it('is undone by a start by hand', async () => {
    const queue = await openQueue();
    const first = await queue.start(1);
    const { transferId } = await queue.row(1);
    await queue.command({ command: 'cancel', transferId });
    await queue.harness.record(
      { ...first, errorIn: { AwaitAsset: { Error: 'TransferCancelledError', Cause: '' } } },
      by(1),
    );
    queue.harness.doubles.clock.advance(60_000);
    const inspected = await queue.harness.inspect(nameOfFilm(1));
    const executionStartedAt = queue.harness.doubles.clock.now();
    const again = await queue.harness.open(inspected, { ...by(4), executionStartedAt });
    expect(again).toMatchObject({ next: 'send', transferId });
  });

  it('does not change a transfer that is over', async () => {
    const queue = await openQueue();
    const first = await queue.start(1);
    await queue.harness.record(
      { ...first, errorIn: { AwaitAsset: { Error: 'UploadFailedError', Cause: '' } } },
      by(1),
    );
    const { transferId } = await queue.row(1);
    expect(await queue.command({ command: 'cancel', transferId })).toMatchObject({
      state: 'failed',
      changed: false,
    });
  });

  it('rejects an unknown transfer', async () => {
    const queue = await openQueue();
    await expect(queue.command({ command: 'cancel', transferId: 'none' })).rejects.toThrow(
      'Invalid transferId "none": no transfer has this id.',
    );
  });
});

describe('a command', () => {
  it.each([
    { command: 'stop' },
    { command: 'pause', underWay: 'now' },
    { command: 'cancel' },
    { command: 'resume', more: 1 },
  ])('that is invalid is rejected with the valid commands: %o', (command) => {
    expect(() => readCommand(command)).toThrow('Use {"command":"pause"}');
  });
});
