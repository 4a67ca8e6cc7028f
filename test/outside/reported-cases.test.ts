import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultEffect } from '#local/simulators/twelvelabs/faults/faults.ts';
import type { Operation } from '#local/simulators/twelvelabs/wire/call-log.ts';
import {
  altered,
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
  atLeast,
  atMost,
  type Facts,
  openReportedHarness,
  type ReportedHarness,
  usualFactor,
} from './reported-harness.ts';

/**
 * Cases of public bug reports, each over the wire with the right outcome as the expectation. The ids
 * are those of the list of cases; a sibling of a case differs from the reported example.
 */

let harness: ReportedHarness;

beforeAll(async () => {
  harness = await openReportedHarness();
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

const unknownId: FaultEffect = { ...status(404), code: 'resource_not_exist' };

describe('A2: a session that is unknown after its completion (onedrive-api-docs#1259)', () => {
  beforeEach(() => Object.assign(harness.service.switches, { completedSession: 'not-found' }));

  it('is asked about through its asset, and no chunk is sent again', async () => {
    const facts = await harness.ingest(harness.put(5));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 5 } });
  });

  it('is complete while its asset is still processed', async () => {
    harness.service.switches.assetReadyAfterMs = 120_000;
    const facts = await harness.ingest(harness.put(5));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 5 } });
  });

  it('is complete where it answers 410 instead of 404', async () => {
    Object.assign(harness.service.switches, {
      completedSession: 'known',
      completedAfterMs: 600_000,
    });
    harness.behave(always('status', status(410)));
    const facts = await harness.ingest(harness.put(5));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 5 } });
  });

  it('is complete where the reply to the last report was lost too (cyberduck#18393)', async () => {
    harness.service.faults.add({ on: 'report', kind: 'lost-reply' });
    const facts = await harness.ingest(harness.put(5));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 5 } });
  });

  it('is replaced where it was forgotten before all chunks were accepted', async () => {
    const act = ({ uploadId = '' }) => harness.service.dropSession(uploadId);
    harness.service.faults.add({ on: 'put', nth: 4, kind: 'callback', act });
    const facts = await harness.ingest(harness.put(5));
    expect(facts).toMatchObject({ ended: 'ready', sessions: 2, assets: 1, isSameBytes: true });
  });
});

describe('A3: a service that is away (onedrive-api-docs#1165)', () => {
  it.each([
    ['without Retry-After', {}],
    ['with Retry-After: 15', { 'Retry-After': '15' }],
  ])('when a session is opened, for 60 s %s, is waited out', async (_how, headers) => {
    harness.behave(forSeconds('create', 60, status(503, headers)));
    const facts = await harness.ingest(harness.put(3));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: atMost(30), put: 3 } });
  });

  it('is not asked before its Retry-After has passed', async () => {
    harness.behave(forSeconds('create', 60, status(503, { 'Retry-After': '15' })));
    await harness.ingest(harness.put(3));
    expect(gapsOf('create')).toEqual(gapsOf('create').map(() => atLeast(14.5)));
    expect(gapsOf('create').length).toBeGreaterThan(0);
  });

  it('for an hour when a session is opened is waited out', async () => {
    harness.clock.setFactor(400);
    harness.behave(forSeconds('create', 3_600, status(503)));
    const facts = await harness.ingest(harness.put(3), 6_000);
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 3 } });
  });

  it.each([409, 423, 425, 429])('with a %i for 60 s when a session is opened', async (code) => {
    harness.behave(forSeconds('create', 60, status(code)));
    const facts = await harness.ingest(harness.put(3));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 3 } });
  });

  it('for an hour, with lost replies, leaves a handful of empty sessions at most', async () => {
    harness.clock.setFactor(400);
    harness.behave(forSeconds('create', 3_600, { kind: 'lost-reply' }));
    const facts = await harness.ingest(harness.put(3), 12_000);
    expect(facts).toMatchObject({ ended: 'ready', assets: 1, sessions: atMost(10) });
  });

  const operations = ['presign', 'put', 'report', 'status', 'asset'] as const;
  it.each(operations)('with 503 to every %s for 10 minutes is waited out', async (on) => {
    harness.clock.setFactor(400);
    harness.service.switches.completedAfterMs = 5_000;
    harness.behave(forSeconds(on, 600, status(503)));
    const facts = await harness.ingest(harness.put(3), 3_600);
    expect(facts).toMatchObject(arrivedOnce);
  });

  it.each([408, 425, 500, 502, 504, 520, 529])('with a %i to a URL call for 60 s', async (code) => {
    harness.behave(forSeconds('presign', 60, status(code)));
    const facts = await harness.ingest(harness.put(3));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 3 } });
  });

  it.each([501, 505])('with a %i is final and named', async (code) => {
    harness.behave(always('presign', status(code)));
    const facts = await harness.ingest(harness.put(3));
    expect(facts).toMatchObject({
      ended: expect.stringContaining('FAILED'),
      cause: expect.stringContaining(String(code)),
      sessions: 1,
      calls: { presign: atMost(3) },
    });
  });
});

describe('A4: a page that fails while the chunks are checked (facepy#147, Ceres#185)', () => {
  it('is asked for again by itself where every 30th of the calls for 2,000 chunks fails', async () => {
    const facts = await ingestTiny(2_000, 30, status(502));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 2_001, status: atMost(200) } });
    expect(secondsOfChecks()).toEqual(atMost(180));
  });

  it.each<readonly [string, number, FaultEffect]>([
    ['every third status call is a page of a proxy', 3, { kind: 'html' }],
    ['every third status call loses its reply', 3, { kind: 'lost-reply' }],
    ['every second status call answers 502', 2, status(502)],
  ])('is asked for again by itself where %s', async (_what, n, effect) => {
    const facts = await ingestTiny(500, n, effect);
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 501, status: atMost(100) } });
    expect(secondsOfChecks()).toEqual(atMost(180));
  });

  /** Runs a film of chunks of 1 KiB, one of which fails once. */
  async function ingestTiny(chunks: number, n: number, effect: FaultEffect): Promise<Facts> {
    harness.service.switches.chunkSizeBytes = 1024;
    harness.service.faults.add({ on: 'report', chunk: 77, kind: 'fail-chunk', error: 'lost' });
    harness.behave(everyNth('status', n, effect));
    return harness.ingest(harness.put(chunks / 8), 1_200);
  }

  /** From the first status call to the last, in seconds. */
  function secondsOfChecks(): number {
    const times = harness.service.calls.of('status').map(({ at }) => at);
    return (Math.max(...times) - Math.min(...times)) / 1000;
  }
});

describe('A6: an upload host that answers late (minio/mc#2850, minio#8031)', () => {
  it.each([25, 35, 120])('by %i s gets every chunk once', async (seconds) => {
    harness.behave(always('put', { kind: 'late-reply', ms: seconds * 1000 }));
    const facts = await harness.ingest(harness.put(6));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 6 } });
  });

  it('gets each chunk once where only some replies are late (storj#588)', async () => {
    harness.behave(everyNth('put', 3, { kind: 'late-reply', ms: 60_000 }));
    const facts = await harness.ingest(harness.put(12));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 12 } });
  });

  it('is given up within two minutes where a chunk stops in the middle', async () => {
    harness.service.switches.chunkSizeBytes = 16 * 1024 * 1024;
    harness.clock.setFactor(20);
    harness.service.faults.add({ on: 'put', chunk: 2, kind: 'stall', afterBytes: 1024 * 1024 });
    const facts = await harness.ingest(harness.put(3 * 2048), 600);
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 4 } });
    const [stalled, again] = harness.service.calls.of('put', { chunkIndex: 2 });
    expect(((again?.at ?? 0) - (stalled?.at ?? 0)) / 1000).toEqual(atMost(120));
  });

  it('with 400 RequestTimeout gets the chunk again (minio#9295, nextcloud/server#20519)', async () => {
    harness.behave(firstCalls('put', 3, { ...status(400), code: 'RequestTimeout' }));
    const facts = await harness.ingest(harness.put(6));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 9 } });
  });
});

describe('A8: a status that no document names (vercel/sdk#299)', () => {
  it.each(['queued', 'validating', 'indexing', null, undefined])(
    'of an asset, such as %s, means that the service still works',
    async (value) => {
      harness.behave(
        forSeconds('asset', 30, () => altered((body) => ({ ...body, status: value }))),
      );
      const facts = await harness.ingest(harness.put(3));
      expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 3 } });
    },
  );

  it.each(['finalizing', 'assembling', null, undefined])(
    'of a session, such as %s, means that the service still works',
    async (value) => {
      harness.service.switches.completedAfterMs = 30_000;
      harness.behave(
        forSeconds('status', 30, () => altered((body) => ({ ...body, status: value }))),
      );
      const facts = await harness.ingest(harness.put(3));
      expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 3 } });
    },
  );

  it.each(['uploading', 'verifying'])(
    'of a chunk, such as %s, means that the service still works',
    async (value) => {
      harness.service.switches.completedAfterMs = 30_000;
      harness.behave(forSeconds('status', 30, () => altered((body) => withBusyChunk(body, value))));
      const facts = await harness.ingest(harness.put(5));
      expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 5 } });
    },
  );

  /** The service counts chunk 2 as pending and lists it with a status of its own. */
  function withBusyChunk(body: Record<string, unknown>, value: string): Record<string, unknown> {
    const chunks = body.uploaded_chunks as { index: number }[];
    return {
      ...body,
      chunks_completed: 4,
      chunks_pending: 1,
      uploaded_chunks: chunks.map((one) => (one.index === 2 ? { ...one, status: value } : one)),
    };
  }
});

describe('A12: a refusal by the storage that does not pass (uppy#2900, aegea#51)', () => {
  const host = () => new URL(harness.service.uploadOrigin).host;

  beforeEach(() => harness.clock.setFactor(50));

  it.each(['AccessDenied', 'SignatureDoesNotMatch', 'InvalidAccessKeyId'])(
    'of 403 %s to every PUT ends the transfer with that refusal as the cause',
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

  it('of one chunk of 20 ends the transfer too, and the others stay', async () => {
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

  it('by the call for URLs ends the transfer (rse-grand-challenge#4938)', async () => {
    harness.behave(always('presign', { ...status(403), code: 'upload_limit_reached' }));
    const facts = await harness.ingest(harness.put(20), 300);
    expect(facts).toMatchObject({
      ended: expect.not.stringMatching(/^ready|running|Exhausted/),
      cause: expect.stringMatching(/(?=.*403)(?=.*upload_limit_reached)/s),
      sessions: 1,
      calls: { create: 1, put: 0, presign: atMost(12) },
    });
  });

  it('is not final where it passes after 15 s', async () => {
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

  it('is sent again where the only chunk arrived changed twice', async () => {
    harness.service.faults.add({ on: 'put', times: 2, kind: 'corrupt' });
    const facts = await harness.ingest(harness.put(1), 600);
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 3 } });
  });
});

describe('A15: an interim 100 Continue that was not asked for (undici#201)', () => {
  it('is read over, or named at once', async () => {
    harness.behave(interimReplies);
    const facts = await harness.ingest(harness.put(3), 600);
    expect(facts).toMatchObject({ sessions: atMost(1), calls: { create: 1, put: atMost(6) } });
    if (facts.ended !== 'ready') expect(facts.cause).toMatch(/100|interim|informational/i);
  });

  it('before the reply to a PUT is read over, or named at once', async () => {
    harness.behave(always('put', { kind: 'interim-reply' }));
    const facts = await harness.ingest(harness.put(3), 600);
    expect(facts).toMatchObject({ sessions: 1, calls: { put: atMost(6) } });
    if (facts.ended !== 'ready') expect(facts.cause).toMatch(/100|interim|informational/i);
  });
});

describe('A16: null and omitted fields (Sia#2760)', () => {
  it('in the status of a session count as empty and zero', async () => {
    harness.service.switches.completedAfterMs = 10_000;
    harness.behave(
      always(
        'status',
        altered((body) => ({ ...withoutZeros(body), uploaded_chunks: null })),
      ),
    );
    const facts = await harness.ingest(harness.put(5));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 5 } });
  });

  it('in the list of chunks count as empty, and a chunk that stayed pending is reported again', async () => {
    harness.service.faults.add({ on: 'report', chunk: 2, kind: 'drop-report' });
    harness.behave(
      always(
        'status',
        altered((body) => ({ ...withoutZeros(body), uploaded_chunks: null })),
      ),
    );
    const facts = await harness.ingest(harness.put(5));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 5 } });
  });

  it('in the status of a session with a missing chunk count as zero', async () => {
    harness.service.faults.add({ on: 'report', chunk: 2, kind: 'fail-chunk', error: 'lost' });
    harness.behave(always('status', altered(withoutZeros)));
    const facts = await harness.ingest(harness.put(5));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 6 } });
  });

  it('in the reply to a report count as zero', async () => {
    harness.behave(
      always(
        'report',
        altered((body) => ({ ...withoutZeros(body), url: null })),
      ),
    );
    const facts = await harness.ingest(harness.put(5));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 5 } });
  });

  it('in the reply to create count as empty', async () => {
    const empty = { upload_urls: null, upload_headers: null, expires_at: null };
    harness.behave(
      always(
        'create',
        altered((body) => ({ ...body, ...empty })),
      ),
    );
    const facts = await harness.ingest(harness.put(5));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 5 } });
  });

  it('in the reply with URLs count as absent', async () => {
    const absent = { count: null, generated_at: null, expires_at: null };
    harness.behave(
      always(
        'presign',
        altered(({ upload_urls, ...rest }) => ({
          ...rest,
          ...absent,
          upload_urls: (upload_urls as object[]).map((one) => ({ ...one, expires_at: null })),
        })),
      ),
    );
    const facts = await harness.ingest(harness.put(5));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 5 } });
  });

  it('in the list of unfinished sessions count as empty, after a lost create reply', async () => {
    harness.service.faults.add({ on: 'create', kind: 'lost-reply' });
    harness.behave(
      always(
        'list',
        altered(() => ({ data: null, page_info: null })),
      ),
    );
    const facts = await harness.ingest(harness.put(5));
    expect(facts).toMatchObject({ ended: 'ready', sessions: 2, assets: 1, isSameBytes: true });
  });

  /** As a server writes that leaves out what is zero or empty. */
  function withoutZeros(body: Record<string, unknown>): Record<string, unknown> {
    return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== 0));
  }
});

describe('A17: a service that refuses URLs for completed chunks', () => {
  it('is asked for missing chunks only where two of 21 failed', async () => {
    harness.service.switches.completedChunkUrls = 'refuse';
    const failed = { kind: 'fail-chunk', error: 'lost', chunks: [10, 12] } as const;
    harness.service.faults.add({ on: 'report', ...failed });
    const facts = await harness.ingest(harness.put(21));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 23 } });
  });

  it('is asked for single chunks where it refuses every span', async () => {
    harness.behave((call) =>
      call.operation === 'presign' && call.chunks.length > 1
        ? { ...status(400), code: 'parameter_invalid' }
        : undefined,
    );
    const facts = await harness.ingest(harness.put(5));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 5, presign: atMost(10) } });
  });
});

describe('A18: an asset that is unknown after completion', () => {
  it.each([150, 960])('for %i s is waited for, and no second one is made', async (seconds) => {
    harness.clock.setFactor(400);
    harness.behave(forSeconds('asset', seconds, unknownId));
    const facts = await harness.ingest(harness.put(3), 7_200);
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 3 } });
  });

  it('is waited for where the session is unknown as well', async () => {
    harness.clock.setFactor(400);
    harness.service.switches.completedSession = 'not-found';
    harness.behave(forSeconds('asset', 150, unknownId));
    const facts = await harness.ingest(harness.put(3), 7_200);
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 3 } });
  });

  it('is the asset of the next execution, where the first one was stopped', async () => {
    harness.behave(forSeconds('asset', 1_000, unknownId));
    const film = harness.put(3);
    const first = await harness.ingest(film, 300);
    const second = await harness.ingest(film);
    expect(first).toMatchObject({ ended: expect.stringContaining('still running'), sessions: 1 });
    expect(second).toMatchObject({ ended: 'ready', sessions: 0, isSameBytes: true });
  });
});

describe('A19: a conflict, a lock, or a call that came too early', () => {
  const operations = ['presign', 'report', 'status', 'asset'] as const;
  const cases = operations.flatMap((on) => [409, 423, 425].map((code) => [code, on] as const));

  it.each(cases)('of status %i to two %s calls is transient', async (code, on) => {
    harness.service.switches.completedAfterMs = 5_000;
    harness.behave(firstCalls(on, 2, status(code)));
    const facts = await harness.ingest(harness.put(3));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 3 } });
  });

  it.each([409, 423, 425])('of status %i to two PUTs is transient', async (code) => {
    harness.behave(firstCalls('put', 2, status(code)));
    const facts = await harness.ingest(harness.put(3));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 5 } });
  });
});

describe('A20: a long session id', () => {
  it.each([360, 1_024])('of %i characters is taken', async (length) => {
    harness.service.switches.uploadIdLength = length;
    const facts = await harness.ingest(harness.put(3));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 3 } });
  });
});

describe('A21: the reason of a failed asset', () => {
  it.each<readonly [string, unknown]>([
    ['a text', 'video_resolution_too_low'],
    ['an object with a code', { code: 'video_resolution_too_low' }],
    [
      'an object with a message that is null',
      { message: null, reason: 'video_resolution_too_low' },
    ],
    ['a list', [{ message: 'video_resolution_too_low' }]],
  ])('is shown where it is %s', async (_shape, error) => {
    harness.service.switches.assetFailure = 'hidden';
    harness.behave(
      always(
        'asset',
        altered((body) => (body.error ? { ...body, error } : body)),
      ),
    );
    const facts = await harness.ingest(harness.put(3));
    expect(facts).toMatchObject({
      ended: 'FAILED AssetFailedError',
      cause: expect.stringContaining('video_resolution_too_low'),
      sessions: 1,
    });
  });
});

describe('A22: a quota that names a time hours away', () => {
  const hours = 2;

  it.each([
    ['in seconds', () => String(hours * 3600)],
    ['as a date', () => new Date(harness.clock.now() + hours * 3_600_000).toUTCString()],
  ])(
    '%s is waited for before the next create, and the log says until when',
    async (_how, value) => {
      await expectWaited('create', value());
    },
    300_000,
  );

  it('is waited for before the next call for URLs, and the log says until when', async () => {
    await expectWaited('presign', String(hours * 3600));
  }, 300_000);

  async function expectWaited(on: Operation, retryAfter: string): Promise<void> {
    harness.behave(
      firstCalls(on, 1, () => {
        harness.clock.setFactor(1_000);
        return { kind: 'throttle', retryAfter };
      }),
      always(on, () => {
        harness.clock.setFactor(usualFactor);
        return undefined;
      }),
    );
    const facts = await harness.ingest(harness.put(3), hours * 3600 + 3_600);
    const [first, second] = harness.service.calls.of(on);
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 3 } });
    const waited = ((second?.at ?? 0) - (first?.at ?? 0)) / 1000;
    expect(waited).toEqual(atLeast(hours * 3600 - 30));
    const until = (first?.at ?? 0) + hours * 3_600_000;
    expect(harness.logLines.filter((line) => namesTime(line, until))).not.toEqual([]);
  }

  /** A time in the log as text in ISO 8601, within five minutes. */
  function namesTime(line: string, expected: number): boolean {
    const times = line.match(/\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z/g) ?? [];
    return times.some((text) => Math.abs(Date.parse(text) - expected) <= 300_000);
  }
});

/** Seconds between the calls of one operation, in order. */
function gapsOf(on: Operation): number[] {
  const times = harness.service.calls.of(on).map(({ at }) => at);
  return times.slice(1).map((at, index) => (at - (times[index] ?? 0)) / 1000);
}
