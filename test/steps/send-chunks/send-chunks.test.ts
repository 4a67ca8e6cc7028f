import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/errors.ts';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import { film, putFilm } from '../../harness/port-harness.ts';
import { chunkBytes, itemOf, type Planned, StepHarness } from '../../harness/step-harness.ts';

/** Returns a harness with one planned range. */
async function planned(chunks: number, tuned: Parameters<typeof StepHarness.set>[1] = {}) {
  const harness = await StepHarness.set({}, tuned);
  const opened = await harness.opened(chunks);
  return { harness, opened, item: itemOf(opened) };
}

function proven(harness: StepHarness, { transferId }: Planned) {
  return harness.doubles.store.chunks(transferId, 1);
}

async function rangeRow(harness: StepHarness, { transferId }: Planned) {
  return (await harness.doubles.store.ranges(transferId, 1))[0];
}

function sent(harness: StepHarness): number[] {
  return harness.doubles.asked.sends.map(({ index }) => index);
}

/** Runs all pending work that needs no time. */
async function runPending(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((done) => setImmediate(done));
}

describe('SendChunks', () => {
  it('sends every chunk of its range and stores a proof of each', async () => {
    const { harness, opened, item } = await planned(7);
    expect(await harness.send(item)).toMatchObject({ next: 'sent', calls: 1 });
    const rows = [...(await proven(harness, opened)).values()];
    expect(rows.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    for (const { proof, md5, sizeBytes } of rows) expect([proof, sizeBytes]).toEqual([md5, 1024]);
  });

  it.each([1, 3, 4])('keeps %i chunks in flight', async (chunksInFlight) => {
    const { harness, item } = await planned(20, { chunksInFlight });
    await harness.send(item);
    expect(harness.doubles.asked.mostInFlight).toBe(chunksInFlight);
  });

  it('sends only the chunks that have no proof', async () => {
    const { harness, opened, item } = await planned(6);
    await harness.send({ ...item, range: { n: 1, first: 2, last: 4 } });
    harness.doubles.asked.sends.length = 0;
    await harness.send(item);
    expect(sent(harness)).toEqual([1, 5, 6]);
    expect((await proven(harness, opened)).size).toBe(6);
  });

  it('sends nothing if every chunk of the range has a proof', async () => {
    const { harness, item } = await planned(6);
    await harness.send(item);
    expect(await harness.send(item)).toMatchObject({ next: 'sent' });
    expect(sent(harness)).toHaveLength(6);
  });

  it('stops before the deadline and answers that chunks are left', async () => {
    const { harness, opened, item } = await planned(9, { chunksInFlight: 1 });
    harness.service.faults.sendMs = 3_000;
    const startedAt = harness.doubles.clock.now();
    const more = await harness.send(item, { lengthMs: 20_000 });
    expect(more).toMatchObject({ next: 'more', calls: 1 });
    expect(harness.doubles.clock.now() - startedAt).toBeLessThan(20_000);
    expect((await proven(harness, opened)).size).toBe(5);
    expect(await harness.send(more, { lengthMs: 20_000 })).toMatchObject({
      next: 'sent',
      calls: 2,
    });
    expect(sent(harness)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('starts no chunk that would miss the deadline at the speed of the slowest chunk so far', async () => {
    const { harness, item } = await planned(9, { chunksInFlight: 1 });
    harness.service.faults.sendMs = 8_000;
    expect(await harness.send(item, { lengthMs: 20_000 })).toMatchObject({ next: 'more' });
    expect(sent(harness)).toEqual([1, 2]);
  });

  it('leaves no timer behind', async () => {
    const { harness, item } = await planned(6);
    harness.service.faults.failSend(2, { kind: 'reset' });
    await harness.send(item);
    expect(harness.doubles.clock.pending()).toBe(0);
  });
});

it('a second try requests its presigned URL in a separate call', async () => {
  const { harness, item } = await planned(3);
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

describe('a chunk that makes no progress', () => {
  it('is aborted and sent again if no byte moves for too long', async () => {
    const { harness, opened, item } = await planned(1, { noProgressMs: 20_000 });
    harness.doubles.source.failRead(1, { kind: 'stalled', afterBytes: 100 });
    const sending = harness.send(item);
    await runPending();
    harness.doubles.clock.advance(19_000);
    await runPending();
    expect(sent(harness)).toEqual([1]);
    harness.doubles.clock.advance(6_000);
    expect(await sending).toMatchObject({ next: 'sent' });
    expect(sent(harness)).toEqual([1, 1]);
    expect((await rangeRow(harness, opened))?.retries).toEqual({ RequestTimeoutError: 1 });
  });

  it('is not aborted while bytes move, however long it takes', async () => {
    const harness = await StepHarness.set({ chunkSizeBytes: 64 * 1024 }, { noProgressMs: 20_000 });
    const { sendChunk } = harness.ports.destination;
    harness.override({
      sendChunk: async (session, chunk, body, call) => {
        for await (const _ of body.open()) await harness.doubles.clock.sleep(15_000);
        return sendChunk(session, chunk, body, call);
      },
    });
    const opened = await harness.opened(64);
    expect(await harness.send(itemOf(opened))).toMatchObject({ next: 'sent' });
    expect(sent(harness)).toEqual([1]);
  });

  it('is aborted at the deadline of the call', async () => {
    const { harness, opened, item } = await planned(1);
    harness.doubles.source.failRead(1, { kind: 'stalled', afterBytes: 100 });
    const sending = harness.send(item, { lengthMs: 30_000 });
    await runPending();
    harness.doubles.clock.advance(30_000);
    await sending;
    expect((await proven(harness, opened)).size).toBe(0);
    expect((await rangeRow(harness, opened))?.error?.name).toBe('RequestTimeoutError');
  });
});

describe('a chunk that fails', () => {
  it.each([
    ['SourceUnavailableError', { kind: 'unavailable' }],
    ['TruncatedReadError', { kind: 'truncated', afterBytes: 100 }],
  ] as const)('with %s is read and sent again', async (name, fault) => {
    const { harness, opened, item } = await planned(3);
    harness.doubles.source.failRead(2, fault);
    expect(await harness.send(item)).toMatchObject({ next: 'sent' });
    expect(harness.doubles.source.reads).toHaveLength(4);
    expect((await rangeRow(harness, opened))?.retries).toEqual({ [name]: 1 });
  });

  it('repeatedly cancels no other chunk', async () => {
    const { harness, opened, item } = await planned(6);
    const { sendChunk } = harness.ports.destination;
    harness.override({
      sendChunk: async (session, chunk, body, call) => {
        if (chunk.index !== 2) return sendChunk(session, chunk, body, call);
        throw new TransferError('NetworkError', 'reset');
      },
    });
    expect(await harness.send(item)).toMatchObject({ next: 'more' });
    expect([...(await proven(harness, opened)).keys()]).toEqual([1, 3, 4, 5, 6]);
    expect(await rangeRow(harness, opened)).toMatchObject({
      error: { name: 'NetworkError', disposition: 'retry', executionId: 'execution-a', round: 1 },
      retries: { NetworkError: boundOf('triesPerCall') },
    });
  });

  it('gets no proof from a reply that came before the whole chunk was received', async () => {
    const { harness, opened, item } = await planned(1);
    const early = { proof: 'd'.repeat(32), evidence: 'etag' } as const;
    harness.override({ sendChunk: async () => early });
    await harness.send(item);
    expect((await proven(harness, opened)).size).toBe(0);
    expect((await rangeRow(harness, opened))?.error?.name).toBe('UploadRefusedError');
  });

  it('stops the range at once if the object was overwritten', async () => {
    const { harness, opened, item } = await planned(20, { chunksInFlight: 1 });
    putFilm(harness.doubles, 20 * chunkBytes + 1);
    expect(await harness.send(item)).toMatchObject({ next: 'stop' });
    expect(sent(harness)).toEqual([1]);
    expect((await rangeRow(harness, opened))?.error).toMatchObject({
      name: 'SourceSupersededError',
      disposition: 'fail',
      message: expect.stringContaining(film.key),
    });
  });

  it('stops the range at once if the session is lost', async () => {
    const { harness, opened, item } = await planned(20, { chunksInFlight: 1 });
    const { sendChunk } = harness.ports.destination;
    harness.override({
      sendChunk: async (session, chunk, body, call) => {
        if (chunk.index === 3) harness.service.forgetSessions();
        return sendChunk(session, chunk, body, call);
      },
    });
    expect(await harness.send(item)).toMatchObject({ next: 'stop' });
    expect(sent(harness)).toEqual([1, 2, 3]);
    expect((await rangeRow(harness, opened))?.error?.name).toBe('SessionExpiredError');
  });

  it('ends the call with a wait if the service requests a longer wait than the time left', async () => {
    const { harness, item } = await planned(20, { chunksInFlight: 2 });
    harness.service.faults.failSend(1, { kind: 'throttled', retryAfterSeconds: 200 });
    const paused = await harness.send(item, { lengthMs: 60_000 });
    expect(paused).toMatchObject({ next: 'wait', waitSeconds: 200 });
    expect(sent(harness).length).toBeLessThan(4);
  });

  it('fails with the error of the request for presigned URLs', async () => {
    const { harness, opened, item } = await planned(3);
    const refused = new TransferError('ServiceUnavailableError', '503');
    harness.override({ prepareChunks: () => Promise.reject(refused) });
    await harness.send(item);
    expect(sent(harness)).toEqual([]);
    expect((await rangeRow(harness, opened))?.error?.name).toBe('ServiceUnavailableError');
  });
});

describe('a proof', () => {
  it('counts only once it is written: without it the chunk is sent again', async () => {
    const { harness, opened, item } = await planned(1);
    harness.doubles.store.failNext('storeProof');
    await harness.send(item);
    expect((await proven(harness, opened)).size).toBe(0);
    await harness.send(item);
    expect((await proven(harness, opened)).size).toBe(1);
  });

  it('is not replaced if another sender stored it first', async () => {
    const { harness, opened, item } = await planned(1);
    const { sendChunk } = harness.ports.destination;
    const other = { index: 1, sizeBytes: 1024, proof: 'other', md5: 'other' };
    harness.override({
      sendChunk: async (...args) => {
        await harness.doubles.store.storeProof(opened.transferId, 1, other);
        return sendChunk(...args);
      },
    });
    expect(await harness.send(item)).toMatchObject({ next: 'sent' });
    expect((await proven(harness, opened)).get(1)).toMatchObject(other);
    expect((await rangeRow(harness, opened))?.retries).toEqual({ ProofConflict: 1 });
  });

  it('replaces a retired proof', async () => {
    const { harness, opened, item } = await planned(1);
    await harness.send(item);
    await harness.doubles.store.retireProof(opened.transferId, 1, 1, 1, 'lost');
    await harness.send(item);
    expect((await proven(harness, opened)).get(1)).toMatchObject({ generation: 2, reports: 0 });
    expect((await proven(harness, opened)).get(1)?.retiredBecause).toBeUndefined();
  });

  it('contains the CRC of its bytes if the object has a checksum', async () => {
    const harness = await StepHarness.set();
    const checksum = { algorithm: 'CRC32C', value: 'AAAAAA==' } as const;
    const opened = await harness.opened(2, { checksum });
    await harness.send(itemOf(opened));
    for (const { crc } of (await proven(harness, opened)).values()) {
      expect(crc).toMatch(/^[\w+/]{6}==$/);
    }
  });
});

describe('the metrics', () => {
  it('of a chunk are its bytes, its latency and the upload host', async () => {
    const { harness, item } = await planned(5);
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
    const { harness, item } = await planned(6, { chunksInFlight: 1 });
    harness.service.faults.sendMs = 1_000;
    await harness.send(item);
    expect(harness.doubles.meter.sum('Throughput')).toBe(chunkBytes);
  });

  it('of a call that sends nothing are empty', async () => {
    const { harness, item } = await planned(6);
    await harness.send(item);
    harness.doubles.meter.taken.length = 0;
    await harness.send(item);
    expect(harness.doubles.meter.taken).toEqual([]);
  });

  it('of a chunk measure the latency of its last try', async () => {
    const { harness, item } = await planned(1);
    harness.doubles.source.failRead(1, { kind: 'unavailable' });
    await harness.send(item);
    expect(harness.doubles.meter.sum('ChunkLatency')).toBe(0);
    expect(harness.doubles.meter.sum('ChunksSent')).toBe(1);
  });

  it('of retries equal the counts by cause in the range’s row', async () => {
    const { harness, opened, item } = await planned(20, { chunksInFlight: 2 });
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
  it('of a sent chunk names the chunk and the upload host', async () => {
    const { harness, opened, item } = await planned(1);
    const { sendChunk } = harness.ports.destination;
    harness.override({
      sendChunk: async (...args) => ({ ...(await sendChunk(...args)), host: 'host' }),
    });
    await harness.send(item);
    const { transferId } = opened;
    const fields = { transferId, chunkIndex: 1, sizeBytes: chunkBytes, host: 'host' };
    expect(harness.doubles.logged).toContainEqual({ message: 'chunk proof stored', fields });
  });

  it('of a chunk that fails for good names the chunk and the reason', async () => {
    const { harness, opened, item } = await planned(2);
    putFilm(harness.doubles, 2 * chunkBytes + 1);
    await harness.send(item);
    expect(harness.doubles.logged).toContainEqual({
      message: 'chunk not sent',
      fields: {
        transferId: opened.transferId,
        chunkIndex: 1,
        error: 'SourceSupersededError',
        reason: expect.stringContaining(film.key),
      },
    });
  });
});
