import { describe, expect, it } from 'vitest';
import { leaseSeconds } from '#src/core/limits/limits.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import { planRange, provenChunks, rangeRow, sentIndexes } from './send-harness.ts';

describe('a range that another sender claims', () => {
  it('waits until the end of the claim', async () => {
    const { harness, item, key } = await planRange(3);
    const now = harness.doubles.clock.now();
    await harness.doubles.store.claimRange(key, 'another', now, now + 42_000);
    expect(await harness.send(item)).toMatchObject({ next: 'wait', waitSeconds: 42, calls: 1 });
    expect(sentIndexes(harness)).toEqual([]);
  });

  it('is taken over after the end of the claim, and counts the dead sender', async () => {
    const { harness, opened, item, key } = await planRange(3);
    const now = harness.doubles.clock.now();
    await harness.doubles.store.claimRange(key, 'another', now, now + 42_000);
    harness.doubles.clock.advance(42_000);
    expect(await harness.send(item)).toMatchObject({ next: 'sent' });
    expect((await rangeRow(harness, opened))?.retries).toEqual({ SenderDied: 1 });
  });

  it('stops after the maximum of calls', async () => {
    const { harness, item, key } = await planRange(3);
    const now = harness.doubles.clock.now();
    await harness.doubles.store.claimRange(key, 'another', now, now + 1e9);
    const answer = await harness.send({
      ...item,
      range: { ...item.range, calls: boundOf('callsPerRange') },
    });
    expect(answer).toMatchObject({ next: 'stop' });
  });

  it('stops after fewer calls if the execution has no room for more', async () => {
    const { harness, item } = await planRange(3);
    const answer = await harness.send({ ...item, range: { ...item.range, calls: 4, maxCalls: 4 } });
    expect(answer).toMatchObject({ next: 'stop' });
    expect(sentIndexes(harness)).toEqual([]);
    const last = { ...item.range, calls: 3, maxCalls: 4 };
    expect(await harness.send({ ...item, range: last })).toMatchObject({ next: 'sent' });
  });

  it('is released at the end of each call', async () => {
    const { harness, opened, item } = await planRange(3);
    await harness.send(item);
    expect(await rangeRow(harness, opened)).toEqual({ n: 1, retries: {} });
  });

  it('during a long chunk gets no further chunk and no proof, and waits for the other sender', async () => {
    const { harness, opened, item, key } = await planRange(5, { chunksInFlight: 2 });
    const { sendChunk } = harness.ports.destination;
    const { store, clock } = harness.doubles;
    const lateReply = Promise.withResolvers<void>();
    harness.override({
      sendChunk: async (session, chunk, body, options) => {
        const delivery = await sendChunk(session, chunk, body, options);
        if (chunk.index === 2) await lateReply.promise;
        if (chunk.index !== 1) return delivery;
        clock.advance((leaseSeconds + 1) * 1000);
        await store.claimRange(key, 'another', clock.now(), clock.now() + 42_000);
        setTimeout(lateReply.resolve, 50);
        return delivery;
      },
    });
    const answer = await harness.send(item, { lengthMs: 3 * leaseSeconds * 1000 });
    expect(answer).toMatchObject({ next: 'wait', waitSeconds: 42 });
    expect(sentIndexes(harness)).toEqual([1, 2]);
    expect([...(await provenChunks(harness, opened)).keys()]).toEqual([1]);
    expect(await rangeRow(harness, opened)).toMatchObject({ sender: 'another' });
  });

  it('is not sent once another execution owns the transfer', async () => {
    const { harness, opened, item } = await planRange(3);
    harness.doubles.executions.states.set('execution-a', 'ended');
    await harness.open(await harness.inspect(), { executionId: 'execution-b' });
    expect(await harness.send(item)).toMatchObject({ next: 'stop' });
    expect(sentIndexes(harness)).toEqual([]);
    expect((await rangeRow(harness, opened))?.error?.name).toBe('FencedOutError');
  });
});

describe('SendChunks without a table', () => {
  it('fails, and the state machine retries it', async () => {
    const { harness, item } = await planRange(1);
    harness.doubles.store.failNext('releaseRange');
    await expect(harness.send(item)).rejects.toMatchObject({ name: 'TableUnavailableError' });
  });

  it('continues after such a failure at the end of its own claim', async () => {
    const { harness, item } = await planRange(1);
    harness.doubles.store.failNext('releaseRange');
    await harness.send(item, { lengthMs: 60_000 }).catch(() => {});
    const waiting = await harness.send(item);
    expect(waiting).toMatchObject({ next: 'wait', waitSeconds: 60 });
    harness.doubles.clock.advance(60_000);
    expect(await harness.send({ ...item, range: waiting })).toMatchObject({ next: 'sent' });
    expect(sentIndexes(harness)).toEqual([1]);
  });
});
