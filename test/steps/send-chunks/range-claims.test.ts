import { describe, expect, it } from 'vitest';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import { itemOf, type Planned, StepHarness } from '../../harness/step-harness.ts';

/** A harness with one range planned. */
async function planned(chunks: number) {
  const harness = await StepHarness.set();
  const opened = await harness.opened(chunks);
  const key = { transferId: opened.transferId, sessionNumber: 1, n: 1 };
  return { harness, opened, item: itemOf(opened), key };
}

async function rangeRow(harness: StepHarness, { transferId }: Planned) {
  return (await harness.doubles.store.ranges(transferId, 1))[0];
}

function sent(harness: StepHarness): number[] {
  return harness.doubles.asked.sends.map(({ index }) => index);
}

describe('a range in other hands', () => {
  it('is waited for as long as it is claimed', async () => {
    const { harness, item, key } = await planned(3);
    const now = harness.doubles.clock.now();
    await harness.doubles.store.claimRange(key, 'another', now, now + 42_000);
    expect(await harness.send(item)).toMatchObject({ next: 'wait', waitSeconds: 42, calls: 1 });
    expect(sent(harness)).toEqual([]);
  });

  it('is taken over once the claim has run out, and the death of its sender counted', async () => {
    const { harness, opened, item, key } = await planned(3);
    const now = harness.doubles.clock.now();
    await harness.doubles.store.claimRange(key, 'another', now, now + 42_000);
    harness.doubles.clock.advance(42_000);
    expect(await harness.send(item)).toMatchObject({ next: 'sent' });
    expect((await rangeRow(harness, opened))?.retries).toEqual({ SenderDied: 1 });
  });

  it('is not waited for without end', async () => {
    const { harness, item, key } = await planned(3);
    const now = harness.doubles.clock.now();
    await harness.doubles.store.claimRange(key, 'another', now, now + 1e9);
    const given = await harness.send({ ...item, calls: boundOf('callsPerRange') });
    expect(given).toMatchObject({ next: 'stop' });
  });

  it('is given back at the end of each call', async () => {
    const { harness, opened, item } = await planned(3);
    await harness.send(item);
    expect(await rangeRow(harness, opened)).toEqual({ n: 1, retries: {} });
  });

  it('is left alone once another execution owns the transfer', async () => {
    const { harness, opened, item } = await planned(3);
    harness.doubles.executions.states.set('execution-a', 'ended');
    await harness.open(await harness.inspect(), { executionId: 'execution-b' });
    expect(await harness.send(item)).toMatchObject({ next: 'stop' });
    expect(sent(harness)).toEqual([]);
    expect((await rangeRow(harness, opened))?.error?.name).toBe('FencedOutError');
  });
});

describe('SendChunks without a table', () => {
  it('fails, so that the state machine tries it again', async () => {
    const { harness, item } = await planned(1);
    harness.doubles.store.failNext('releaseRange');
    await expect(harness.send(item)).rejects.toMatchObject({ name: 'TableUnavailableError' });
  });

  it('goes on after such a failure as soon as its own claim has run out', async () => {
    const { harness, item } = await planned(1);
    harness.doubles.store.failNext('releaseRange');
    await harness.send(item, { lengthMs: 60_000 }).catch(() => {});
    const waiting = await harness.send(item);
    expect(waiting).toMatchObject({ next: 'wait', waitSeconds: 60 });
    harness.doubles.clock.advance(60_000);
    expect(await harness.send(waiting)).toMatchObject({ next: 'sent' });
    expect(sent(harness)).toEqual([1]);
  });
});
