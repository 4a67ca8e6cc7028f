import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  always,
  everyNth,
  firstCalls,
  forSeconds,
  interimReplies,
  redirect,
  status,
} from '../doubles/service-double.ts';
import {
  arrivedOnce,
  atMost,
  openReportedHarness,
  type ReportedHarness,
} from './reported-harness.ts';

/**
 * Cases of public bug reports about the upload host, over the wire. The ids are those of the list of cases.
 * Variants of a case differ from the reported example.
 */

let harness: ReportedHarness;

beforeAll(async () => {
  harness = await openReportedHarness();
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

describe('A6: an upload host that replies late (minio/mc#2850, minio#8031)', () => {
  it.each([25, 35, 120])('by %i s receives every chunk once', async (seconds) => {
    harness.behave(always('put', { kind: 'late-reply', ms: seconds * 1000 }));
    const facts = await harness.ingest(harness.put(6));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 6 } });
  });

  it('receives each chunk once if only some replies are late (storj#588)', async () => {
    harness.behave(everyNth('put', 3, { kind: 'late-reply', ms: 60_000 }));
    const facts = await harness.ingest(harness.put(12));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 12 } });
  });

  it('is abandoned within two minutes if a chunk stalls', async () => {
    harness.service.switches.chunkSizeBytes = 16 * 1024 * 1024;
    harness.clock.setFactor(20);
    harness.service.faults.add({ on: 'put', chunk: 2, kind: 'stall', afterBytes: 1024 * 1024 });
    const facts = await harness.ingest(harness.put(3 * 2048), 600);
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 4 } });
    const [stalled, again] = harness.service.calls.of('put', { chunkIndex: 2 });
    expect(((again?.at ?? 0) - (stalled?.at ?? 0)) / 1000).toEqual(atMost(120));
  });

  it('receives the chunk again after 400 RequestTimeout (minio#9295, nextcloud/server#20519)', async () => {
    harness.behave(firstCalls('put', 3, { ...status(400), code: 'RequestTimeout' }));
    const facts = await harness.ingest(harness.put(6));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 9 } });
  });
});

describe('A12: a permanent error of the storage (uppy#2900, aegea#51)', () => {
  const host = () => new URL(harness.service.uploadOrigin).host;

  beforeEach(() => harness.clock.setFactor(50));

  it.each(['AccessDenied', 'SignatureDoesNotMatch', 'InvalidAccessKeyId'])(
    'of 403 %s to every PUT ends the transfer with that error as the cause',
    async (code) => {
      harness.behave(always('put', { ...status(403), code }));
      const facts = await harness.ingest(harness.put(20), 300);
      expect(facts).toMatchObject({
        ended: expect.not.stringMatching(/^ready|running|Exhausted/),
        cause: expect.stringMatching(new RegExp(`(?=.*403)(?=.*${code})(?=.*${host()})`, 's')),
        sessions: 1,
        calls: { create: 1, put: atMost(12) },
        putSeconds: atMost(180),
      });
    },
  );

  it.each([301, 307, 308])('of %i to every PUT is named as a redirect', async (code) => {
    harness.behave(always('put', redirect(code)));
    const facts = await harness.ingest(harness.put(20), 300);
    expect(facts).toMatchObject({
      ended: expect.not.stringMatching(/^ready|running|Exhausted/),
      cause: expect.stringMatching(new RegExp(`(?=.*${code})(?=.*redirect)(?=.*${host()})`, 'is')),
      sessions: 1,
      calls: { create: 1, put: atMost(12) },
      putSeconds: atMost(180),
    });
  });

  it('of one of 20 chunks ends the transfer, and the other chunks stay stored', async () => {
    harness.service.faults.add({ on: 'put', chunk: 7, times: 500, ...status(403) });
    const facts = await harness.ingest(harness.put(20), 300);
    expect(facts).toMatchObject({
      ended: expect.not.stringMatching(/^ready|running|Exhausted/),
      cause: expect.stringMatching(/(?=.*403)(?=.*AccessDenied)/s),
      sessions: 1,
      calls: { put: atMost(19 + 12) },
    });
    const chunks = harness.service.sessions().at(-1)?.chunks ?? [];
    expect(chunks.filter(({ stored }) => stored)).toHaveLength(19);
  });

  it('of the URL call ends the transfer (rse-grand-challenge#4938)', async () => {
    harness.behave(always('presign', { ...status(403), code: 'upload_limit_reached' }));
    const facts = await harness.ingest(harness.put(20), 300);
    expect(facts).toMatchObject({
      ended: expect.not.stringMatching(/^ready|running|Exhausted/),
      cause: expect.stringMatching(/(?=.*403)(?=.*upload_limit_reached)/s),
      sessions: 1,
      calls: { create: 1, put: 0, presign: atMost(12) },
    });
  });

  it('is not final if it ends after 15 s', async () => {
    harness.behave(forSeconds('put', 15, status(403)));
    const facts = await harness.ingest(harness.put(20), 300);
    expect(facts).toMatchObject(arrivedOnce);
  });
});

describe('A13: an ETag of 32 hex digits that is not the MD5 (lakeFS#2656)', () => {
  const decided = /^(ready|FAILED ChunkCorruptError)$/;

  it('is decided after few sends of the only chunk', async () => {
    harness.service.switches.wrongEtagChunks = [1];
    const facts = await harness.ingest(harness.put(1), 600);
    expect(facts).toMatchObject({
      ended: expect.stringMatching(decided),
      sessions: 1,
      calls: { put: atMost(10) },
    });
  });

  it('is decided after few sends of two chunks', async () => {
    harness.service.switches.etag = 'kms-silent';
    const facts = await harness.ingest(harness.put(2), 600);
    expect(facts).toMatchObject({
      ended: expect.stringMatching(decided),
      sessions: 1,
      calls: { put: atMost(20) },
    });
  });

  it('of one chunk, where the others match, ends the transfer with the mismatch as the cause', async () => {
    harness.service.switches.wrongEtagChunks = [7];
    const facts = await harness.ingest(harness.put(20), 600);
    expect(facts).toMatchObject({
      ended: 'FAILED ChunkCorruptError',
      cause: expect.stringContaining('ETag'),
      sessions: 1,
      calls: { put: atMost(19 + 10) },
    });
  });

  it('is sent again if the only chunk arrived changed twice', async () => {
    harness.service.faults.add({ on: 'put', times: 2, kind: 'corrupt' });
    const facts = await harness.ingest(harness.put(1), 600);
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 3 } });
  });
});

describe('A15: an unrequested interim 100 Continue (undici#201)', () => {
  it('is skipped or named immediately', async () => {
    harness.behave(interimReplies);
    const facts = await harness.ingest(harness.put(3), 600);
    expect(facts).toMatchObject({ sessions: atMost(1), calls: { create: 1, put: atMost(6) } });
    if (facts.ended !== 'ready') expect(facts.cause).toMatch(/100|interim|informational/i);
  });

  it('before the reply to a PUT is skipped or named immediately', async () => {
    harness.behave(always('put', { kind: 'interim-reply' }));
    const facts = await harness.ingest(harness.put(3), 600);
    expect(facts).toMatchObject({ sessions: 1, calls: { put: atMost(6) } });
    if (facts.ended !== 'ready') expect(facts.cause).toMatch(/100|interim|informational/i);
  });
});
