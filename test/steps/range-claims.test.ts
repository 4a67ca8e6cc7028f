import { describe, expect, it } from 'vitest';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import { itemOf, type Planned, Stage } from './stage.ts';

/** A stage with one range planned. */
async function planned(chunks: number) {
  const stage = await Stage.set();
  const opened = await stage.opened(chunks);
  const key = { transferId: opened.transferId, sessionNumber: 1, n: 1 };
  return { stage, opened, item: itemOf(opened), key };
}

async function rangeRow(stage: Stage, { transferId }: Planned) {
  return (await stage.bench.store.ranges(transferId, 1))[0];
}

function sent(stage: Stage): number[] {
  return stage.bench.asked.sends.map(({ index }) => index);
}

describe('a range in other hands', () => {
  it('is waited for as long as it is claimed', async () => {
    const { stage, item, key } = await planned(3);
    const now = stage.bench.clock.now();
    await stage.bench.store.claimRange(key, 'another', now, now + 42_000);
    expect(await stage.send(item)).toMatchObject({ next: 'wait', waitSeconds: 42, calls: 1 });
    expect(sent(stage)).toEqual([]);
  });

  it('is taken over once the claim has run out, and the death of its sender counted', async () => {
    const { stage, opened, item, key } = await planned(3);
    const now = stage.bench.clock.now();
    await stage.bench.store.claimRange(key, 'another', now, now + 42_000);
    stage.bench.clock.advance(42_000);
    expect(await stage.send(item)).toMatchObject({ next: 'sent' });
    expect((await rangeRow(stage, opened))?.retries).toEqual({ SenderDied: 1 });
  });

  it('is not waited for without end', async () => {
    const { stage, item, key } = await planned(3);
    const now = stage.bench.clock.now();
    await stage.bench.store.claimRange(key, 'another', now, now + 1e9);
    const given = await stage.send({ ...item, calls: boundOf('callsPerRange') });
    expect(given).toMatchObject({ next: 'stop' });
  });

  it('is given back at the end of each call', async () => {
    const { stage, opened, item } = await planned(3);
    await stage.send(item);
    expect(await rangeRow(stage, opened)).toEqual({ n: 1, retries: {} });
  });

  it('is left alone once another execution owns the transfer', async () => {
    const { stage, opened, item } = await planned(3);
    stage.bench.executions.states.set('execution-a', 'ended');
    await stage.open(await stage.inspect(), { executionId: 'execution-b' });
    expect(await stage.send(item)).toMatchObject({ next: 'stop' });
    expect(sent(stage)).toEqual([]);
    expect((await rangeRow(stage, opened))?.error?.name).toBe('FencedOutError');
  });
});

describe('SendChunks without a table', () => {
  it('fails, so that the state machine tries it again', async () => {
    const { stage, item } = await planned(1);
    stage.bench.store.refuse('releaseRange');
    await expect(stage.send(item)).rejects.toMatchObject({ name: 'TableUnavailableError' });
  });

  it('goes on after such a failure as soon as its own claim has run out', async () => {
    const { stage, item } = await planned(1);
    stage.bench.store.refuse('releaseRange');
    await stage.send(item, { lengthMs: 60_000 }).catch(() => {});
    const waiting = await stage.send(item);
    expect(waiting).toMatchObject({ next: 'wait', waitSeconds: 60 });
    stage.bench.clock.advance(60_000);
    expect(await stage.send(waiting)).toMatchObject({ next: 'sent' });
    expect(sent(stage)).toEqual([1]);
  });
});
