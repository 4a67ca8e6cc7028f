import { describe, expect, it } from 'vitest';
import { planRange, provenChunks, sentIndexes } from './send-harness.ts';

describe('SendChunks', () => {
  it('sends every chunk of its range and stores a proof of each', async () => {
    const { harness, opened, item } = await planRange(7);
    expect(await harness.send(item)).toMatchObject({ next: 'sent', calls: 1 });
    const rows = [...(await provenChunks(harness, opened)).values()];
    expect(rows.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    for (const { proof, md5, sizeBytes } of rows) expect([proof, sizeBytes]).toEqual([md5, 1024]);
  });

  it.each([1, 3, 4])('keeps %i chunks in flight', async (chunksInFlight) => {
    const { harness, item } = await planRange(20, { chunksInFlight });
    await harness.send(item);
    expect(harness.doubles.calls.mostInFlight).toBe(chunksInFlight);
  });

  it('sends only the chunks that have no proof', async () => {
    const { harness, opened, item } = await planRange(6);
    await harness.send({ ...item, range: { n: 1, first: 2, last: 4 } });
    harness.doubles.calls.sends.length = 0;
    await harness.send(item);
    expect(sentIndexes(harness)).toEqual([1, 5, 6]);
    expect((await provenChunks(harness, opened)).size).toBe(6);
  });

  it('sends nothing if every chunk of the range has a proof', async () => {
    const { harness, item } = await planRange(6);
    await harness.send(item);
    expect(await harness.send(item)).toMatchObject({ next: 'sent' });
    expect(sentIndexes(harness)).toHaveLength(6);
  });

  it('stops before the deadline and answers that chunks are left', async () => {
    const { harness, opened, item } = await planRange(9, { chunksInFlight: 1 });
    harness.service.faults.sendMs = 3_000;
    const startedAt = harness.doubles.clock.now();
    const more = await harness.send(item, { lengthMs: 20_000 });
    expect(more).toMatchObject({ next: 'more', calls: 1 });
    expect(harness.doubles.clock.now() - startedAt).toBeLessThan(20_000);
    expect((await provenChunks(harness, opened)).size).toBe(5);
    const last = await harness.send({ ...item, range: more }, { lengthMs: 20_000 });
    expect(last).toMatchObject({ next: 'sent', calls: 2 });
    expect(sentIndexes(harness)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('starts no chunk that would miss the deadline at the speed of the slowest chunk so far', async () => {
    const { harness, item } = await planRange(9, { chunksInFlight: 1 });
    harness.service.faults.sendMs = 8_000;
    expect(await harness.send(item, { lengthMs: 20_000 })).toMatchObject({ next: 'more' });
    expect(sentIndexes(harness)).toEqual([1, 2]);
  });

  it('leaves no timer behind', async () => {
    const { harness, item } = await planRange(6);
    harness.service.faults.failSend(2, { kind: 'reset' });
    await harness.send(item);
    expect(harness.doubles.clock.pending()).toBe(0);
  });
});

it('a second try requests its presigned URL in a separate call', async () => {
  const { harness, item } = await planRange(3);
  const requested: (readonly number[])[] = [];
  const { destination } = harness.ports;
  const prepareChunks: typeof destination.prepareChunks = async (session, indexes, call) => {
    requested.push(indexes);
    await destination.prepareChunks(session, indexes, call);
  };
  harness.override({ prepareChunks });
  harness.service.faults.failSend(2, { kind: 'reset' });
  expect(await harness.send(item)).toMatchObject({ next: 'sent' });
  expect(requested).toEqual([[1, 2, 3], [2]]);
});
