import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { altered, always, forSeconds, status } from '../doubles/service-double.ts';
import { ingestTiny, secondsOfChecks } from './failed-pages.ts';
import {
  arrivedOnce,
  atMost,
  openReportedHarness,
  type ReportedHarness,
} from './reported-harness.ts';

/**
 * Cases of public bug reports about undocumented replies, over the wire. The ids are those of the list of cases.
 * Variants of a case differ from the reported example.
 */

let harness: ReportedHarness;

beforeAll(async () => {
  harness = await openReportedHarness();
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

describe('A4: a failed page of the chunk list (facepy#147, Ceres#185)', () => {
  it('is requested again by itself if every third status call returns an HTML page', async () => {
    const facts = await ingestTiny(harness, 500, 3, { kind: 'html' });
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 501, status: atMost(100) } });
    expect(secondsOfChecks(harness)).toEqual(atMost(180));
  });
});

describe('A8: an undocumented status (vercel/sdk#299)', () => {
  it.each(['queued', 'validating', 'indexing', null, undefined])(
    'of an asset, such as %s, means that the service is still working',
    async (value) => {
      harness.behave(
        forSeconds('asset', 30, () => altered((body) => ({ ...body, status: value }))),
      );
      const facts = await harness.ingest(harness.put(3));
      expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 3 } });
    },
  );

  it.each(['finalizing', 'assembling', null, undefined])(
    'of a session, such as %s, means that the service is still working',
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
    'of a chunk, such as %s, means that the service is still working',
    async (value) => {
      harness.service.switches.completedAfterMs = 30_000;
      harness.behave(forSeconds('status', 30, () => altered((body) => withBusyChunk(body, value))));
      const facts = await harness.ingest(harness.put(5));
      expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 5 } });
    },
  );

  /** Returns a status body with chunk 2 as pending and an undocumented status. */
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

  /** Returns a body without zero values. */
  function withoutZeros(body: Record<string, unknown>): Record<string, unknown> {
    return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== 0));
  }
});

describe('A17: a service that rejects URL requests for completed chunks', () => {
  it('receives requests only for missing chunks if two of 21 failed', async () => {
    harness.service.switches.completedChunkUrls = 'reject';
    const failed = { kind: 'fail-chunk', error: 'lost', chunks: [10, 12] } as const;
    harness.service.faults.add({ on: 'report', ...failed });
    const facts = await harness.ingest(harness.put(21));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 23 } });
  });

  it('receives requests for single chunks if it rejects every span', async () => {
    harness.behave((call) =>
      call.operation === 'presign' && call.chunks.length > 1
        ? { ...status(400), code: 'parameter_invalid' }
        : undefined,
    );
    const facts = await harness.ingest(harness.put(5));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 5, presign: atMost(10) } });
  });
});
