import { describe, expect, it } from 'vitest';
import { leaseSeconds } from '#src/core/limits/limits.ts';
import { film } from '../conformance/bench.ts';
import { sampleBytes } from '../doubles/memory/memory-source.ts';
import { chunkBytes, itemOf, StepHarness } from '../harness/step-harness.ts';
import { by, openQueue } from './queue-harness.ts';

describe('with one slot', () => {
  it('the second transfer is queued, with no session opened for it', async () => {
    const { harness, start } = await openQueue();
    expect((await start(1)).next).toBe('send');
    expect(await start(2)).toMatchObject({
      next: 'ended',
      ending: { status: 'queued', because: 'no slot is free', position: 1 },
    });
    expect(harness.bench.asked.opened).toBe(1);
  });

  it('a transfer that arrives while others wait is queued although a slot is free', async () => {
    const { harness, start } = await openQueue();
    const first = await start(1);
    await start(2);
    await harness.record({ ...first, error: { Error: 'UploadFailedError', Cause: '' } }, by(1));
    expect(await start(3)).toMatchObject({
      ending: { status: 'queued', because: 'others wait before it', position: 2 },
    });
  });

  it('a live transfer takes a free slot although backfill waits for one', async () => {
    const { harness, start } = await openQueue();
    const first = await start(1);
    await start(2, { priority: 'backfill' });
    await harness.record({ ...first, error: { Error: 'UploadFailedError', Cause: '' } }, by(1));
    expect(await start(3, { priority: 'backfill' })).toMatchObject({
      ending: { status: 'queued', because: 'others wait before it' },
    });
    expect((await start(4)).next).toBe('send');
  });

  it('the slot is free as soon as all bytes have arrived', async () => {
    const { harness, start } = await openQueue();
    const first = await start(1);
    await harness.sendAll(first, by(1));
    await harness.confirm(first, by(1));
    expect((await start(2)).next).toBe('send');
  });

  it('the slot of a transfer that failed is free', async () => {
    const { harness, start } = await openQueue();
    const first = await start(1);
    await harness.record({ ...first, error: { Error: 'UploadFailedError', Cause: '' } }, by(1));
    expect((await start(2)).next).toBe('send');
  });

  it('the slot of a transfer that died is free after its lease', async () => {
    const { harness, start } = await openQueue();
    await start(1);
    harness.bench.clock.advance(leaseSeconds * 1000 - 1);
    expect((await start(2)).next).toBe('ended');
    const other = await openQueue();
    await other.start(1);
    other.harness.bench.clock.advance(leaseSeconds * 1000 + 1);
    expect((await other.start(2)).next).toBe('send');
  });

  it('a transfer that sends for long keeps its slot', async () => {
    const { harness, start } = await openQueue();
    const first = await start(1);
    for (let minute = 0; minute < 30; minute++) {
      harness.bench.clock.advance(60_000);
      await harness.confirm(first, by(1));
    }
    expect((await start(2)).next).toBe('ended');
  });

  it('a send whose slot went to another transfer stops, and its transfer is queued', async () => {
    const { harness, start } = await openQueue();
    const first = await start(1);
    harness.bench.clock.advance(leaseSeconds * 1000 + 1);
    expect((await start(2)).next).toBe('send');
    expect(await harness.send(itemOf(first), by(1))).toMatchObject({ next: 'stop' });
    const confirmed = await harness.confirm(first, by(1));
    expect(await harness.open(confirmed, by(1))).toMatchObject({ ending: { status: 'queued' } });
  });

  it('a crash between taking the slot and recording it does not lose it', async () => {
    const harness = await StepHarness.set({}, { maxActiveTransfers: 1, maxSendConcurrency: 4 });
    harness.bench.source.put(film, sampleBytes(chunkBytes));
    const inspected = await harness.inspect(film);
    harness.bench.store.refuse('patchTransfer');
    await harness.open(inspected, by(1)).catch(() => {});
    expect(harness.bench.queue.held.size).toBe(1);
    expect(await harness.open(inspected, by(1))).toMatchObject({ next: 'send' });
    expect(harness.bench.queue.held.size).toBe(1);
    expect(harness.bench.queue.tickets()).toEqual([]);
  });

  it('a local run waits for the slot itself', async () => {
    const { harness, start } = await openQueue();
    await start(1);
    harness.tune({ isLocalRun: true });
    expect(await start(2)).toMatchObject({ next: 'wait', waitSeconds: 15 });
    expect(harness.bench.queue.tickets()).toEqual([]);
  });
});

describe('a lowered bound', () => {
  it('counts the slots above it until they are released', async () => {
    const { harness, start } = await openQueue({ maxActiveTransfers: 2 });
    await start(1);
    const second = await start(2);
    harness.tune({ maxActiveTransfers: 1 });
    await harness.record({ ...second, error: { Error: 'UploadFailedError', Cause: '' } }, by(2));
    expect((await start(3)).next).toBe('ended');
  });
});
