import { describe, expect, it } from 'vitest';
import { readCommand } from '#src/steps/queue-commands.ts';
import { by, nameOfFilm, openQueue } from './queue-harness.ts';
import { itemOf } from './stage.ts';

const event = (key: string) => ({
  source: 'aws.s3',
  'detail-type': 'Object Created',
  detail: { bucket: { name: 'films' }, object: { key } },
});

describe('a pause', () => {
  it('queues what arrives, and starts it after resume', async () => {
    const queue = await openQueue();
    await queue.command({ command: 'pause' });
    expect(await queue.start(1)).toMatchObject({
      ending: { status: 'queued', because: 'transfers are paused' },
    });
    expect(await queue.dispatch()).toMatchObject({ started: 0, held: 'transfers are paused' });
    await queue.command({ command: 'resume' });
    expect(await queue.dispatch()).toMatchObject({ started: 1 });
  });

  it('lets transfers under way complete', async () => {
    const queue = await openQueue();
    const first = await queue.start(1);
    await queue.command({ command: 'pause' });
    await queue.stage.sendAll(first, by(1));
    expect(await queue.stage.confirm(first, by(1))).toMatchObject({ next: 'asset' });
  });

  it('with stop ends them at a chunk, keeps their session and lets them be first again', async () => {
    const queue = await openQueue();
    const first = await queue.start(1);
    await queue.start(2);
    await queue.command({ command: 'pause', underWay: 'stop' });
    expect(await queue.stage.send(itemOf(first), by(1))).toMatchObject({ next: 'stop' });
    const confirmed = await queue.stage.confirm(first, by(1));
    expect(await queue.stage.open(confirmed, by(1))).toMatchObject({
      ending: { status: 'queued', position: 1 },
    });
    expect(await queue.row(1)).toMatchObject({ state: 'queued', sessionNumber: 1 });
    expect(queue.stage.bench.queue.held.size).toBe(0);
    await queue.command({ command: 'resume' });
    await queue.dispatch();
    const [start] = queue.stage.bench.starter.starts;
    if (!start) throw new Error('nothing was started');
    expect(await queue.goOn(start)).toMatchObject({ next: 'send', sessionNumber: 1 });
    expect(queue.stage.bench.asked.opened).toBe(1);
  });

  it('may be given twice, and says whether it changed anything', async () => {
    const queue = await openQueue();
    const pause = { command: 'pause' };
    expect(await queue.command(pause)).toEqual({ command: 'pause', paused: true, changed: true });
    expect(await queue.command(pause)).toEqual({ command: 'pause', paused: true, changed: false });
  });
});

describe('outside the transfer window', () => {
  const transferWindow = { from: '22:00', to: '22:01', timeZone: 'UTC' };

  it('every transfer is queued', async () => {
    const queue = await openQueue({ transferWindow });
    expect(await queue.start(1)).toMatchObject({
      ending: { status: 'queued', because: 'the transfer window is closed' },
    });
  });

  it('a transfer that stops warns where its session ends before the window opens', async () => {
    const queue = await openQueue();
    const first = await queue.start(1);
    queue.stage.tune({ transferWindow: { ...transferWindow, underWay: 'stop' } });
    const confirmed = await queue.stage.confirm(first, by(1));
    await queue.stage.open(confirmed, by(1));
    const warnings = queue.stage.bench.logged.map(({ message }) => message);
    expect(warnings.some((text) => text.includes('the upload session ends'))).toBe(
      await endsBefore(queue),
    );
  });
});

/** Whether the first film's session ends before ten in the evening of the harness's day. */
async function endsBefore({ stage, row }: Awaited<ReturnType<typeof openQueue>>): Promise<boolean> {
  const { transferId } = await row(1);
  const expiresAt = (await stage.bench.store.session(transferId, 1))?.session?.expiresAt;
  const opensAt = new Date(stage.bench.clock.now());
  opensAt.setUTCHours(22, 0, 0, 0);
  return expiresAt !== undefined && expiresAt <= opensAt.getTime();
}

describe('cancel', () => {
  it('ends a queued transfer at once, and the dispatcher starts nothing for it', async () => {
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
    expect(queue.stage.bench.queue.tickets()).toEqual([]);
    expect(queue.stage.bench.events.outcomes.at(-1)).toMatchObject({ type: 'Transfer Cancelled' });
  });

  it('ends the execution of an active transfer well, which then frees its slot', async () => {
    const queue = await openQueue();
    const first = await queue.start(1);
    const { transferId } = await queue.row(1);
    await queue.command({ command: 'cancel', transferId });
    expect(queue.stage.bench.queue.held.size).toBe(1);
    const error = await queue.stage.confirm(first, by(1)).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: 'TransferCancelledError' });
    const recorded = await queue.stage.record(
      { ...first, error: { Error: 'TransferCancelledError', Cause: '' } },
      by(1),
    );
    expect(recorded).toMatchObject({ next: 'succeed', output: { status: 'cancelled' } });
    expect(queue.stage.bench.queue.held.size).toBe(0);
    expect(queue.stage.bench.meter.sum('TransfersFailed')).toBe(0);
  });

  it('is not undone by an execution that finds its asset ready', async () => {
    const queue = await openQueue();
    const first = await queue.start(1);
    const { transferId } = await queue.row(1);
    await queue.command({ command: 'cancel', transferId });
    const ending = { status: 'ready' };
    expect(await queue.stage.record({ ...first, ending }, by(1))).toMatchObject({
      output: { status: 'cancelled' },
    });
    expect((await queue.row(1)).state).toBe('cancelled');
  });

  it('holds against the same event again', async () => {
    const queue = await openQueue();
    await queue.start(1);
    await queue.start(2);
    const { transferId } = await queue.row(2);
    await queue.command({ command: 'cancel', transferId });
    const inspected = await queue.stage.inspect(event(nameOfFilm(2).key));
    expect(await queue.stage.open(inspected, by(3))).toMatchObject({
      ending: { status: 'cancelled', transferId },
    });
  });

  it('is lifted by a start by hand', async () => {
    const queue = await openQueue();
    const first = await queue.start(1);
    const { transferId } = await queue.row(1);
    await queue.command({ command: 'cancel', transferId });
    await queue.stage.record(
      { ...first, error: { Error: 'TransferCancelledError', Cause: '' } },
      by(1),
    );
    queue.stage.bench.clock.advance(60_000);
    const inspected = await queue.stage.inspect(nameOfFilm(1));
    const executionStartedAt = queue.stage.bench.clock.now();
    const again = await queue.stage.open(inspected, { ...by(4), executionStartedAt });
    expect(again).toMatchObject({ next: 'send', transferId });
  });

  it('of a transfer that is over changes nothing', async () => {
    const queue = await openQueue();
    const first = await queue.start(1);
    await queue.stage.record({ ...first, error: { Error: 'UploadFailedError', Cause: '' } }, by(1));
    const { transferId } = await queue.row(1);
    expect(await queue.command({ command: 'cancel', transferId })).toMatchObject({
      state: 'failed',
      changed: false,
    });
  });

  it('of an unknown transfer says where its id is found', async () => {
    const queue = await openQueue();
    await expect(queue.command({ command: 'cancel', transferId: 'none' })).rejects.toThrow(
      'Invalid transferId "none": no such transfer.',
    );
  });
});

describe('a command', () => {
  it.each([
    { command: 'stop' },
    { command: 'pause', underWay: 'now' },
    { command: 'cancel' },
    { command: 'resume', more: 1 },
  ])('that is none is refused in one line that shows what there is: %o', (given) => {
    expect(() => readCommand(given)).toThrow('Use {"command":"pause"}');
  });
});
