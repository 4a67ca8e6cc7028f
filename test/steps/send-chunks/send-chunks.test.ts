import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/errors.ts';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import { film, putFilm } from '../../harness/port-harness.ts';
import { chunkBytes, itemOf, type Planned, StepHarness } from '../../harness/step-harness.ts';

/** A harness with one range planned. */
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

/** Lets everything happen that needs no time. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((done) => setImmediate(done));
}

describe('SendChunks', () => {
  it('sends every chunk of its range and keeps a proof of each', async () => {
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

  it('has nothing to do for a range that is sent', async () => {
    const { harness, item } = await planned(6);
    await harness.send(item);
    expect(await harness.send(item)).toMatchObject({ next: 'sent' });
    expect(sent(harness)).toHaveLength(6);
  });

  it('stops before its time is up and says that there is more', async () => {
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

  it('starts no chunk that would not end in time if it is as slow as those before', async () => {
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

it('a second try asks for its address apart, where a pause of the service holds it up', async () => {
  const { harness, item } = await planned(3);
  const asked: (readonly number[])[] = [];
  const { destination } = harness.ports;
  const prepareChunks: typeof destination.prepareChunks = async (session, indexes, call) => {
    asked.push(indexes);
    await destination.prepareChunks(session, indexes, call);
  };
  harness.override({ prepareChunks });
  harness.service.faults.failSend(2, { kind: 'reset' });
  expect(await harness.send(item)).toMatchObject({ next: 'sent' });
  expect(asked).toEqual([[1, 2, 3], [2]]);
});

describe('a chunk that stands still', () => {
  it('is given up when no byte moved for too long, and sent again', async () => {
    const { harness, opened, item } = await planned(1, { noProgressMs: 20_000 });
    harness.doubles.source.failRead(1, { kind: 'stalled', afterBytes: 100 });
    const sending = harness.send(item);
    await settle();
    harness.doubles.clock.advance(19_000);
    await settle();
    expect(sent(harness)).toEqual([1]);
    harness.doubles.clock.advance(6_000);
    expect(await sending).toMatchObject({ next: 'sent' });
    expect(sent(harness)).toEqual([1, 1]);
    expect((await rangeRow(harness, opened))?.retries).toEqual({ RequestTimeoutError: 1 });
  });

  it('is not given up while bytes move, however long it takes', async () => {
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

  it('is given up when the call’s time is up', async () => {
    const { harness, opened, item } = await planned(1);
    harness.doubles.source.failRead(1, { kind: 'stalled', afterBytes: 100 });
    const sending = harness.send(item, { lengthMs: 30_000 });
    await settle();
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
  ] as const)('for %s is read and sent again', async (name, fault) => {
    const { harness, opened, item } = await planned(3);
    harness.doubles.source.failRead(2, fault);
    expect(await harness.send(item)).toMatchObject({ next: 'sent' });
    expect(harness.doubles.source.reads).toHaveLength(4);
    expect((await rangeRow(harness, opened))?.retries).toEqual({ [name]: 1 });
  });

  it('again and again cancels no other chunk', async () => {
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

  it('is no proof when the answer came before the whole chunk was taken', async () => {
    const { harness, opened, item } = await planned(1);
    const early = { proof: 'd'.repeat(32), evidence: 'etag' } as const;
    harness.override({ sendChunk: async () => early });
    await harness.send(item);
    expect((await proven(harness, opened)).size).toBe(0);
    expect((await rangeRow(harness, opened))?.error?.name).toBe('UploadRefusedError');
  });

  it('because the object was overwritten stops the range at once', async () => {
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

  it('because its session is gone stops the range at once', async () => {
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

  it('because the service asks for a longer pause than is left ends the call with that pause', async () => {
    const { harness, item } = await planned(20, { chunksInFlight: 2 });
    harness.service.faults.failSend(1, { kind: 'throttled', retryAfterSeconds: 200 });
    const paused = await harness.send(item, { lengthMs: 60_000 });
    expect(paused).toMatchObject({ next: 'wait', waitSeconds: 200 });
    expect(sent(harness).length).toBeLessThan(4);
  });

  it('because no address can be had fails with that error', async () => {
    const { harness, opened, item } = await planned(3);
    const refused = new TransferError('ServiceUnavailableError', '503');
    harness.override({ prepareChunks: () => Promise.reject(refused) });
    await harness.send(item);
    expect(sent(harness)).toEqual([]);
    expect((await rangeRow(harness, opened))?.error?.name).toBe('ServiceUnavailableError');
  });
});

describe('a proof', () => {
  it('that can’t be written makes the chunk one that is still to be sent', async () => {
    const { harness, opened, item } = await planned(1);
    harness.doubles.store.failNext('storeProof');
    await harness.send(item);
    expect((await proven(harness, opened)).size).toBe(0);
    await harness.send(item);
    expect((await proven(harness, opened)).size).toBe(1);
  });

  it('that another sender kept first stays', async () => {
    const { harness, opened, item } = await planned(1);
    const { sendChunk } = harness.ports.destination;
    const other = { index: 1, sizeBytes: 1024, proof: 'other', md5: 'other' };
    harness.override({
      sendChunk: async (...given) => {
        await harness.doubles.store.storeProof(opened.transferId, 1, other);
        return sendChunk(...given);
      },
    });
    expect(await harness.send(item)).toMatchObject({ next: 'sent' });
    expect((await proven(harness, opened)).get(1)).toMatchObject(other);
    expect((await rangeRow(harness, opened))?.retries).toEqual({ ProofConflict: 1 });
  });

  it('takes the place of a retired one', async () => {
    const { harness, opened, item } = await planned(1);
    await harness.send(item);
    await harness.doubles.store.retireProof(opened.transferId, 1, 1, 1, 'lost');
    await harness.send(item);
    expect((await proven(harness, opened)).get(1)).toMatchObject({ generation: 2, reports: 0 });
    expect((await proven(harness, opened)).get(1)?.retiredBecause).toBeUndefined();
  });

  it('holds the checksum of its bytes where the object has one', async () => {
    const harness = await StepHarness.set();
    const checksum = { algorithm: 'CRC32C', value: 'AAAAAA==' } as const;
    const opened = await harness.opened(2, { checksum });
    await harness.send(itemOf(opened));
    for (const { crc } of (await proven(harness, opened)).values()) {
      expect(crc).toMatch(/^[\w+/]{6}==$/);
    }
  });
});

describe('what is measured', () => {
  it('of each chunk: its bytes, its time, and the host that took it', async () => {
    const { harness, item } = await planned(5);
    const { sendChunk } = harness.ports.destination;
    harness.override({
      sendChunk: async (...given) => {
        const delivery = await sendChunk(...given);
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

  it('of a call: how fast it sent', async () => {
    const { harness, item } = await planned(6, { chunksInFlight: 1 });
    harness.service.faults.sendMs = 1_000;
    await harness.send(item);
    expect(harness.doubles.meter.sum('Throughput')).toBe(chunkBytes);
  });

  it('of a call that sends nothing is nothing', async () => {
    const { harness, item } = await planned(6);
    await harness.send(item);
    harness.doubles.meter.taken.length = 0;
    await harness.send(item);
    expect(harness.doubles.meter.taken).toEqual([]);
  });

  it('of a chunk whose time begins anew with each try, its last try', async () => {
    const { harness, item } = await planned(1);
    harness.doubles.source.failRead(1, { kind: 'unavailable' });
    await harness.send(item);
    expect(harness.doubles.meter.sum('ChunkLatency')).toBe(0);
    expect(harness.doubles.meter.sum('ChunksSent')).toBe(1);
  });

  it('of retries are as many by each cause as the range’s row keeps', async () => {
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

describe('what is logged', () => {
  it('of a chunk that was sent names it and the host that took it', async () => {
    const { harness, opened, item } = await planned(1);
    const { sendChunk } = harness.ports.destination;
    harness.override({
      sendChunk: async (...given) => ({ ...(await sendChunk(...given)), host: 'host' }),
    });
    await harness.send(item);
    const { transferId } = opened;
    const fields = { transferId, chunkIndex: 1, sizeBytes: chunkBytes, host: 'host' };
    expect(harness.doubles.logged).toContainEqual({ message: 'chunk proof stored', fields });
  });

  it('of a chunk that is given up names it and why', async () => {
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
