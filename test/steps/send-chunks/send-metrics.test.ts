import { describe, expect, it } from 'vitest';
import { film, putFilm } from '../../harness/port-harness.ts';
import { chunkBytes } from '../../harness/step-harness.ts';
import { planRange, rangeRow } from './send-harness.ts';

describe('the metrics', () => {
  it('of a chunk are its bytes, its latency and the upload host', async () => {
    const { harness, item } = await planRange(5);
    const { sendChunk } = harness.ports.destination;
    harness.override({
      sendChunk: async (...args) => {
        const delivery = await sendChunk(...args);
        await harness.doubles.clock.sleep(300);
        return { ...delivery, host: 'uploads.s3.eu-west-1.amazonaws.com' };
      },
    });
    await harness.send(item);
    const { meter } = harness.doubles;
    expect(meter.sum('ChunksSent')).toBe(5);
    expect(meter.sum('BytesSent')).toBe(5 * chunkBytes);
    expect(meter.sum('ChunksToHost', 'uploads.s3.eu-west-1.amazonaws.com')).toBe(5);
    const latencies = meter.taken.filter(({ metric }) => metric === 'ChunkLatency');
    expect(latencies).toHaveLength(5);
    for (const { value } of latencies) expect(value).toBeGreaterThanOrEqual(300);
  });

  it('of a call include its throughput', async () => {
    const { harness, item } = await planRange(6, { chunksInFlight: 1 });
    harness.service.faults.sendMs = 1_000;
    await harness.send(item);
    expect(harness.doubles.meter.sum('Throughput')).toBe(chunkBytes);
  });

  it('of a call that sends nothing are empty', async () => {
    const { harness, item } = await planRange(6);
    await harness.send(item);
    harness.doubles.meter.taken.length = 0;
    await harness.send(item);
    expect(harness.doubles.meter.taken).toEqual([]);
  });

  it('of a chunk measure the latency of its last try', async () => {
    const { harness, item } = await planRange(1);
    harness.doubles.source.failRead(1, { kind: 'unavailable' });
    await harness.send(item);
    expect(harness.doubles.meter.sum('ChunkLatency')).toBe(0);
    expect(harness.doubles.meter.sum('ChunksSent')).toBe(1);
  });

  it('of retries equal the counts by cause in the range’s row', async () => {
    const { harness, opened, item } = await planRange(20, { chunksInFlight: 2 });
    harness.doubles.source.failRead(1, { kind: 'unavailable' });
    harness.service.faults.failSend(2, { kind: 'reset' });
    harness.service.faults.failSend(5, { kind: 'throttled', retryAfterSeconds: 200 });
    expect(await harness.send(item, { lengthMs: 60_000 })).toMatchObject({ next: 'wait' });
    const retries = (await rangeRow(harness, opened))?.retries ?? {};
    expect(Object.keys(retries).sort()).toEqual([
      'NetworkError',
      'SourceUnavailableError',
      'ThrottledError',
    ]);
    for (const [cause, count] of Object.entries(retries)) {
      expect(harness.doubles.meter.sum('Retries', cause)).toBe(count);
    }
  });
});

describe('the log', () => {
  it('of a range has one line for all chunks, with their upload hosts', async () => {
    const { harness, opened, item } = await planRange(3);
    const { sendChunk } = harness.ports.destination;
    harness.override({
      sendChunk: async (...args) => ({ ...(await sendChunk(...args)), host: 'host' }),
    });
    const earlier = harness.doubles.logged.length;
    await harness.send(item);
    const { transferId } = opened;
    const chunks = { firstChunk: 1, lastChunk: 3, sizeBytes: 3 * chunkBytes, hosts: 'host' };
    expect(harness.doubles.logged.slice(earlier).map(({ fields }) => fields)).toMatchObject([
      { transferId, ...chunks, stored: 3, failed: 0, tookMs: 0 },
    ]);
  });

  it('of a chunk that fails for good names the chunk and the reason', async () => {
    const { harness, opened, item } = await planRange(2);
    putFilm(harness.doubles, 2 * chunkBytes + 1);
    await harness.send(item);
    expect(harness.doubles.logged.map(({ fields }) => fields)).toContainEqual({
      transferId: opened.transferId,
      chunkIndex: 1,
      error: 'SourceSupersededError',
      reason: expect.stringContaining(film.key),
    });
  });
});
