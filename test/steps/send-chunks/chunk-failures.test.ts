import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import { film, putFilm } from '../../harness/port-harness.ts';
import { chunkBytes, itemOf, StepHarness } from '../../harness/step-harness.ts';
import { planRange, provenChunks, rangeRow, runPending, sentIndexes } from './send-harness.ts';

describe('a chunk that makes no progress', () => {
  it('is aborted and sent again if no byte moves for too long', async () => {
    const { harness, opened, item } = await planRange(1, { noProgressMs: 20_000 });
    harness.doubles.source.failRead(1, { kind: 'stalled', afterBytes: 100 });
    const sending = harness.send(item);
    await runPending();
    harness.doubles.clock.advance(19_000);
    await runPending();
    expect(sentIndexes(harness)).toEqual([1]);
    harness.doubles.clock.advance(6_000);
    expect(await sending).toMatchObject({ next: 'sent' });
    expect(sentIndexes(harness)).toEqual([1, 1]);
    expect((await rangeRow(harness, opened))?.retries).toEqual({ RequestTimeoutError: 1 });
  });

  it('is not aborted while bytes move, however long it takes', async () => {
    const harness = await StepHarness.create(
      { chunkSizeBytes: 64 * 1024 },
      { noProgressMs: 20_000 },
    );
    const { sendChunk } = harness.ports.destination;
    harness.override({
      sendChunk: async (session, chunk, body, call) => {
        for await (const _ of body.open()) await harness.doubles.clock.sleep(15_000);
        return sendChunk(session, chunk, body, call);
      },
    });
    const opened = await harness.openTransfer(64);
    expect(await harness.send(itemOf(opened))).toMatchObject({ next: 'sent' });
    expect(sentIndexes(harness)).toEqual([1]);
  });

  it('is aborted at the deadline of the call', async () => {
    const { harness, opened, item } = await planRange(1);
    harness.doubles.source.failRead(1, { kind: 'stalled', afterBytes: 100 });
    const sending = harness.send(item, { lengthMs: 30_000 });
    await runPending();
    harness.doubles.clock.advance(30_000);
    await sending;
    expect((await provenChunks(harness, opened)).size).toBe(0);
    expect((await rangeRow(harness, opened))?.error?.name).toBe('RequestTimeoutError');
  });
});

describe('a chunk that fails', () => {
  it.each([
    ['SourceUnavailableError', { kind: 'unavailable' }],
    ['TruncatedReadError', { kind: 'truncated', afterBytes: 100 }],
  ] as const)('with %s is read and sent again', async (name, fault) => {
    const { harness, opened, item } = await planRange(3);
    harness.doubles.source.failRead(2, fault);
    expect(await harness.send(item)).toMatchObject({ next: 'sent' });
    expect(harness.doubles.source.reads).toHaveLength(4);
    expect((await rangeRow(harness, opened))?.retries).toEqual({ [name]: 1 });
  });

  it('repeatedly cancels no other chunk', async () => {
    const { harness, opened, item } = await planRange(6);
    const { sendChunk } = harness.ports.destination;
    harness.override({
      sendChunk: async (session, chunk, body, call) => {
        if (chunk.index !== 2) return sendChunk(session, chunk, body, call);
        throw new TransferError('NetworkError', 'reset');
      },
    });
    expect(await harness.send(item)).toMatchObject({ next: 'more' });
    expect([...(await provenChunks(harness, opened)).keys()]).toEqual([1, 3, 4, 5, 6]);
    expect(await rangeRow(harness, opened)).toMatchObject({
      error: { name: 'NetworkError', disposition: 'retry', executionId: 'execution-a', round: 1 },
      retries: { NetworkError: boundOf('triesPerCall') },
    });
  });

  it('gets no proof from a reply that came before the whole chunk was received', async () => {
    const { harness, opened, item } = await planRange(1);
    const early = { proof: 'd'.repeat(32), evidence: 'etag' } as const;
    harness.override({ sendChunk: async () => early });
    await harness.send(item);
    expect((await provenChunks(harness, opened)).size).toBe(0);
    expect((await rangeRow(harness, opened))?.error?.name).toBe('UploadRejectedError');
  });

  it.each([
    ['the MD5 of all bytes is a proof', (md5: string) => md5, 1],
    ['an opaque ETag is none', () => 'opaque', 0],
  ])('and whose reply overtakes the end of the reading: %s', async (_, proofOf, proven) => {
    const { harness, opened, item } = await planRange(1);
    harness.override({
      // As over TLS: all bytes are written, and the reply comes before the next one is asked for.
      sendChunk: async (_session, _chunk, { sizeBytes, open }) => {
        const md5 = createHash('md5');
        const pieces = open()[Symbol.asyncIterator]();
        for (let left = sizeBytes; left > 0; ) {
          const { value } = await pieces.next();
          md5.update(value);
          left -= value.byteLength;
        }
        return { proof: proofOf(md5.digest('hex')), evidence: 'etag' };
      },
    });
    await harness.send(item);
    expect((await provenChunks(harness, opened)).size).toBe(proven);
    expect(Boolean((await rangeRow(harness, opened))?.retries?.ChunkMismatchError)).toBe(!proven);
  });

  it('stops the range at once if the object was overwritten', async () => {
    const { harness, opened, item } = await planRange(20, { chunksInFlight: 1 });
    putFilm(harness.doubles, 20 * chunkBytes + 1);
    expect(await harness.send(item)).toMatchObject({ next: 'stop' });
    expect(sentIndexes(harness)).toEqual([1]);
    expect((await rangeRow(harness, opened))?.error).toMatchObject({
      name: 'SourceSupersededError',
      disposition: 'fail',
      message: expect.stringContaining(film.key),
    });
  });

  it('stops the range at once if the session is lost', async () => {
    const { harness, opened, item } = await planRange(20, { chunksInFlight: 1 });
    const { sendChunk } = harness.ports.destination;
    harness.override({
      sendChunk: async (session, chunk, body, call) => {
        if (chunk.index === 3) harness.service.forgetSessions();
        return sendChunk(session, chunk, body, call);
      },
    });
    expect(await harness.send(item)).toMatchObject({ next: 'stop' });
    expect(sentIndexes(harness)).toEqual([1, 2, 3]);
    expect((await rangeRow(harness, opened))?.error?.name).toBe('SessionExpiredError');
  });

  it('ends the call with a wait if the service requests a longer wait than the time left', async () => {
    const { harness, item } = await planRange(20, { chunksInFlight: 2 });
    harness.service.faults.failSend(1, { kind: 'throttled', retryAfterSeconds: 200 });
    const paused = await harness.send(item, { lengthMs: 60_000 });
    expect(paused).toMatchObject({ next: 'wait', waitSeconds: 200 });
    expect(sentIndexes(harness).length).toBeLessThan(4);
  });

  it('fails with the error of the request for presigned URLs', async () => {
    const { harness, opened, item } = await planRange(3);
    const rejected = new TransferError('ServiceUnavailableError', '503');
    harness.override({ prepareChunks: () => Promise.reject(rejected) });
    await harness.send(item);
    expect(sentIndexes(harness)).toEqual([]);
    expect((await rangeRow(harness, opened))?.error?.name).toBe('ServiceUnavailableError');
  });
});
