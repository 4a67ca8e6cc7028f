import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { leaseSeconds } from '#src/core/limits/limits.ts';
import { sampleBytes } from '../doubles/memory/memory-source.ts';
import { film } from '../harness/port-harness.ts';
import { chunkBytes, itemOf, StepHarness } from '../harness/step-harness.ts';
import { by, nameOfFilm, openQueue } from './queue-harness.ts';

describe('with one slot', () => {
  it('queues the second transfer without opening a session', async () => {
    const { harness, start } = await openQueue();
    expect((await start(1)).next).toBe('send');
    expect(await start(2)).toMatchObject({
      next: 'ended',
      ending: { status: 'queued', because: 'no slot is free', position: 1 },
    });
    expect(harness.doubles.calls.opened).toBe(1);
  });

  it('queues a new transfer behind waiting transfers although a slot is free', async () => {
    const { harness, start } = await openQueue();
    const first = await start(1);
    await start(2);
    await harness.record(
      { ...first, errorIn: { AwaitAsset: { Error: 'UploadFailedError', Cause: '' } } },
      by(1),
    );
    expect(await start(3)).toMatchObject({
      ending: { status: 'queued', because: 'other transfers are ahead', position: 2 },
    });
  });

  it('lets no transfer pass the queue by repeating a step that drew a number', async () => {
    const { harness, start } = await openQueue();
    const first = await start(1);
    await start(2);
    const { ports } = harness;
    const putTicket = async () => {
      throw new TransferError('TableUnavailableError', 'the table is unreachable');
    };
    harness.ports = { ...ports, queue: { ...ports.queue, putTicket } };
    await expect(start(3)).rejects.toMatchObject({ name: 'TableUnavailableError' });
    harness.ports = ports;
    await harness.record(
      { ...first, errorIn: { AwaitAsset: { Error: 'UploadFailedError', Cause: '' } } },
      by(1),
    );
    expect(await start(3)).toMatchObject({ ending: { because: 'other transfers are ahead' } });
  });

  it('gives a free slot to a live transfer before a waiting backfill', async () => {
    const { harness, start } = await openQueue();
    const first = await start(1);
    await start(2, { priority: 'backfill' });
    await harness.record(
      { ...first, errorIn: { AwaitAsset: { Error: 'UploadFailedError', Cause: '' } } },
      by(1),
    );
    expect(await start(3, { priority: 'backfill' })).toMatchObject({
      ending: { status: 'queued', because: 'other transfers are ahead' },
    });
    expect((await start(4)).next).toBe('send');
  });

  it('frees the slot when all bytes have arrived', async () => {
    const { harness, start } = await openQueue();
    const first = await start(1);
    await harness.sendAll(first, by(1));
    await harness.confirm(first, by(1));
    expect((await start(2)).next).toBe('send');
  });

  it('frees the slot of a failed transfer', async () => {
    const { harness, start } = await openQueue();
    const first = await start(1);
    await harness.record(
      { ...first, errorIn: { AwaitAsset: { Error: 'UploadFailedError', Cause: '' } } },
      by(1),
    );
    expect((await start(2)).next).toBe('send');
  });

  it('frees the slot of a crashed transfer after its lease', async () => {
    const { harness, start } = await openQueue();
    await start(1);
    harness.doubles.clock.advance(leaseSeconds * 1000 - 1);
    expect((await start(2)).next).toBe('ended');
    const other = await openQueue();
    await other.start(1);
    other.harness.doubles.clock.advance(leaseSeconds * 1000 + 1);
    expect((await other.start(2)).next).toBe('send');
  });

  it('renews the slot of a long transfer', async () => {
    const { harness, start } = await openQueue();
    const first = await start(1);
    for (let minute = 0; minute < 30; minute++) {
      harness.doubles.clock.advance(60_000);
      await harness.confirm(first, by(1));
    }
    expect((await start(2)).next).toBe('ended');
  });

  it('stops and queues a transfer that lost its slot', async () => {
    const { harness, start } = await openQueue();
    const first = await start(1);
    harness.doubles.clock.advance(leaseSeconds * 1000 + 1);
    expect((await start(2)).next).toBe('send');
    expect(await harness.send(itemOf(first), by(1))).toMatchObject({ next: 'stop' });
    const confirmed = await harness.confirm(first, by(1));
    expect(await harness.open(confirmed, by(1))).toMatchObject({ ending: { status: 'queued' } });
  });

  it('finds its slot again after a crash between taking and recording it', async () => {
    const harness = await StepHarness.create({}, { maxActiveTransfers: 1, maxSendConcurrency: 4 });
    harness.doubles.source.put(film, sampleBytes(chunkBytes));
    const inspected = await harness.inspect(film);
    harness.doubles.store.failNext('patchTransfer');
    await harness.open(inspected, by(1)).catch(() => {});
    expect(harness.doubles.queue.held.size).toBe(1);
    expect(await harness.open(inspected, by(1))).toMatchObject({ next: 'send' });
    expect(harness.doubles.queue.held.size).toBe(1);
    expect(harness.doubles.queue.tickets()).toEqual([]);
  });

  it('lets a local run wait for the slot itself', async () => {
    const { harness, start } = await openQueue();
    await start(1);
    harness.tune({ isLocalRun: true });
    expect(await start(2)).toMatchObject({ next: 'wait', waitSeconds: 15 });
    expect(harness.doubles.queue.tickets()).toEqual([]);
  });
});

describe('a lowered bound', () => {
  it('counts live slots above it until they are released', async () => {
    const { harness, start } = await openQueue({ maxActiveTransfers: 2 });
    await start(1);
    const second = await start(2);
    harness.tune({ maxActiveTransfers: 1 });
    await harness.record(
      { ...second, errorIn: { AwaitAsset: { Error: 'UploadFailedError', Cause: '' } } },
      by(2),
    );
    expect((await start(3)).next).toBe('ended');
  });

  it('leaves a transfer its slot above it when the transfer is taken over', async () => {
    const { harness, start } = await openQueue({ maxActiveTransfers: 2 });
    const [first, second] = [await start(1), await start(2)];
    expect([first.next, second.next]).toEqual(['send', 'send']);
    harness.tune({ maxActiveTransfers: 1 });
    for (const i of [1, 2])
      expect((await harness.open(await harness.inspect(nameOfFilm(i)), by(i))).next).toBe('send');
    expect(harness.doubles.queue.held.size).toBe(2);
  });

  it('is not exceeded by a transfer whose slot is cleared while it is taken over', async () => {
    const { harness, start, row } = await openQueue({ maxActiveTransfers: 2 });
    await start(1);
    await start(2);
    const above = (await row(1)).slot === 2 ? 1 : 2;
    harness.tune({ maxActiveTransfers: 1 });
    const { ports, doubles } = harness;
    // After the read of the slots, both owners end, and a new transfer takes the slot within the bound.
    const slots = async (limit: number) => {
      const seen = await ports.queue.slots(limit);
      harness.ports = ports;
      for (const slot of seen) await ports.queue.clearSlot(slot);
      expect((await start(3)).next).toBe('send');
      return seen;
    };
    harness.ports = { ...ports, queue: { ...ports.queue, slots } };
    const again = await harness.open(await harness.inspect(nameOfFilm(above)), by(above));
    expect(again).toMatchObject({ ending: { status: 'queued' } });
    expect([...doubles.queue.held.keys()]).toEqual([1]);
  });
});
