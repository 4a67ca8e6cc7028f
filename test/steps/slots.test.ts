import { describe, expect, it } from 'vitest';
import { leaseSeconds } from '#src/core/limits/limits.ts';
import { film } from '../conformance/bench.ts';
import { sampleBytes } from '../doubles/memory-source.ts';
import { by, openQueue } from './queue-harness.ts';
import { chunkBytes, itemOf, Stage } from './stage.ts';

describe('with one slot', () => {
  it('the second transfer is queued, with no session opened for it', async () => {
    const { stage, start } = await openQueue();
    expect((await start(1)).next).toBe('send');
    expect(await start(2)).toMatchObject({
      next: 'ended',
      ending: { status: 'queued', because: 'no slot is free', position: 1 },
    });
    expect(stage.bench.asked.opened).toBe(1);
  });

  it('a transfer that arrives while others wait is queued although a slot is free', async () => {
    const { stage, start } = await openQueue();
    const first = await start(1);
    await start(2);
    await stage.record({ ...first, error: { Error: 'UploadFailedError', Cause: '' } }, by(1));
    expect(await start(3)).toMatchObject({
      ending: { status: 'queued', because: 'others wait before it', position: 2 },
    });
  });

  it('a live transfer takes a free slot although backfill waits for one', async () => {
    const { stage, start } = await openQueue();
    const first = await start(1);
    await start(2, { priority: 'backfill' });
    await stage.record({ ...first, error: { Error: 'UploadFailedError', Cause: '' } }, by(1));
    expect(await start(3, { priority: 'backfill' })).toMatchObject({
      ending: { status: 'queued', because: 'others wait before it' },
    });
    expect((await start(4)).next).toBe('send');
  });

  it('the slot is free as soon as all bytes have arrived', async () => {
    const { stage, start } = await openQueue();
    const first = await start(1);
    await stage.sendAll(first, by(1));
    await stage.confirm(first, by(1));
    expect((await start(2)).next).toBe('send');
  });

  it('the slot of a transfer that failed is free', async () => {
    const { stage, start } = await openQueue();
    const first = await start(1);
    await stage.record({ ...first, error: { Error: 'UploadFailedError', Cause: '' } }, by(1));
    expect((await start(2)).next).toBe('send');
  });

  it('the slot of a transfer that died is free after its lease', async () => {
    const { stage, start } = await openQueue();
    await start(1);
    stage.bench.clock.advance(leaseSeconds * 1000 - 1);
    expect((await start(2)).next).toBe('ended');
    const other = await openQueue();
    await other.start(1);
    other.stage.bench.clock.advance(leaseSeconds * 1000 + 1);
    expect((await other.start(2)).next).toBe('send');
  });

  it('a transfer that sends for long keeps its slot', async () => {
    const { stage, start } = await openQueue();
    const first = await start(1);
    for (let minute = 0; minute < 30; minute++) {
      stage.bench.clock.advance(60_000);
      await stage.confirm(first, by(1));
    }
    expect((await start(2)).next).toBe('ended');
  });

  it('a send whose slot went to another transfer stops, and its transfer is queued', async () => {
    const { stage, start } = await openQueue();
    const first = await start(1);
    stage.bench.clock.advance(leaseSeconds * 1000 + 1);
    expect((await start(2)).next).toBe('send');
    expect(await stage.send(itemOf(first), by(1))).toMatchObject({ next: 'stop' });
    const confirmed = await stage.confirm(first, by(1));
    expect(await stage.open(confirmed, by(1))).toMatchObject({ ending: { status: 'queued' } });
  });

  it('a crash between taking the slot and recording it does not lose it', async () => {
    const stage = await Stage.set({}, { maxActiveTransfers: 1, maxSendConcurrency: 4 });
    stage.bench.source.put(film, sampleBytes(chunkBytes));
    const inspected = await stage.inspect(film);
    stage.bench.store.refuse('patchTransfer');
    await stage.open(inspected, by(1)).catch(() => {});
    expect(stage.bench.queue.held.size).toBe(1);
    expect(await stage.open(inspected, by(1))).toMatchObject({ next: 'send' });
    expect(stage.bench.queue.held.size).toBe(1);
    expect(stage.bench.queue.tickets()).toEqual([]);
  });

  it('a local run waits for the slot itself', async () => {
    const { stage, start } = await openQueue();
    await start(1);
    stage.tune({ isLocalRun: true });
    expect(await start(2)).toMatchObject({ next: 'wait', waitSeconds: 15 });
    expect(stage.bench.queue.tickets()).toEqual([]);
  });
});

describe('a lowered bound', () => {
  it('counts the slots above it until they are released', async () => {
    const { stage, start } = await openQueue({ maxActiveTransfers: 2 });
    await start(1);
    const second = await start(2);
    stage.tune({ maxActiveTransfers: 1 });
    await stage.record({ ...second, error: { Error: 'UploadFailedError', Cause: '' } }, by(2));
    expect((await start(3)).next).toBe('ended');
  });
});
