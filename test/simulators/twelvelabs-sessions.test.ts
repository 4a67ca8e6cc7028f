import { describe, expect, it } from 'vitest';
import {
  type Answer,
  call,
  create,
  freshUrl,
  open,
  proofOf,
  put,
  report,
  simulator,
  size,
  startBeforeEach,
  status,
  time,
  uploaded,
  uploads,
} from './twelvelabs-wire.ts';

const hourMs = 3_600_000;

startBeforeEach();

describe('creating a session', () => {
  it('returns chunks of its own size, headers, and at most ten URLs', async () => {
    const { status: code, body, headers } = await create(12);
    expect(code).toBe(201);
    expect(headers.get('x-api-version')).toBe('v1.3');
    expect(body).toMatchObject({
      chunk_size: size,
      total_chunks: 12,
      upload_headers: { 'Content-Type': 'application/octet-stream' },
      expires_at: '2026-11-22T00:00:00Z',
    });
    expect(body.upload_urls.map((entry: Answer['body']) => entry.chunk_index)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
    expect(body.upload_urls[0].expires_at).toBe('2026-11-21T01:00:00Z');
  });

  it('counts a short last chunk', async () => {
    expect((await create(0, { total_size: 2 * size + 1 })).body.total_chunks).toBe(3);
  });

  it('computes the chunk size from the object size with a rule', async () => {
    simulator.switches.chunkSizeBytes = (totalBytes) => totalBytes / 4;
    expect((await create(1, { total_size: 400 })).body.chunk_size).toBe(100);
  });

  it.each([
    ['no filename', { filename: '' }, 'parameter_invalid'],
    ['a filename of 256 characters', { filename: 'ä'.repeat(256) }, 'parameter_invalid'],
    ['a document', { type: 'document' }, 'parameter_invalid'],
    ['a size that is a string', { total_size: '10' }, 'parameter_invalid'],
    ['a video over 10 GiB', { total_size: 10 * 1024 ** 3 + 1 }, 'parameter_invalid'],
    [
      'an image over 32 MiB',
      { type: 'image', total_size: 32 * 1024 ** 2 + 1 },
      'parameter_invalid',
    ],
    ['nested metadata', { user_metadata: { a: {} } }, 'parameter_invalid'],
    ['a missing type', { type: undefined }, 'parameter_not_provided'],
    ['an unknown field', { checksum: 'x' }, 'parameter_unknown'],
  ])('rejects %s and opens no session', async (_, fields, code) => {
    const answer = await create(1, fields);
    expect(answer).toMatchObject({ status: 400, body: { code, docs_url: expect.any(String) } });
    expect(simulator.sessions()).toEqual([]);
  });

  it('accepts a filename of 255 characters, each of two UTF-16 units', async () => {
    expect((await create(1, { filename: '🎬'.repeat(255) })).status).toBe(201);
  });

  it('rejects a body that is not JSON', async () => {
    expect((await call('POST', uploads)).body.code).toBe('parameter_not_provided');
  });

  it('stores metadata and shows it on the asset', async () => {
    const { body } = await create(1, { user_metadata: { reel: 3, cut: true }, enable_hls: true });
    expect(simulator.sessions()[0]).toMatchObject({ enableHls: true, enableThumbnail: false });
    const asset = await call('GET', `/${body.asset_id}`);
    expect(asset.body.user_metadata).toEqual({ reel: 3, cut: true });
  });

  it('answers 429 above the limit of active sessions', async () => {
    simulator.switches.maxActiveSessions = 1;
    await create(1);
    expect((await create(1)).body.code).toBe('too_many_requests');
  });
});

describe('sessions', () => {
  it('show a chunk as pending until it is reported', async () => {
    const { id, urls } = await open(2);
    const { etag } = await put(urls[1]);
    expect((await status(id)).chunks_pending).toBe(2);
    await report(id, proofOf(1, etag));
    const body = await status(id);
    expect(body).toMatchObject({ status: 'active', chunks_completed: 1, uploaded_size: size });
    expect(body.uploaded_chunks[0].uploaded_at).toBe('2026-11-21T00:00:00Z');
    expect(Object.keys(body)).not.toContain('asset_id');
  });

  it('have pages of 10 by default and 50 at most, and empty pages beyond the last', async () => {
    const { id } = await open(12);
    const page = async (query: string) => call('GET', `${uploads}/${id}?${query}`);
    expect((await page('')).body.uploaded_chunks).toHaveLength(10);
    expect((await page('page=2')).body.uploaded_chunks).toHaveLength(2);
    expect((await page('page=3')).body.uploaded_chunks).toEqual([]);
    expect((await page('page_limit=50')).body.page_info).toEqual({
      limit_per_page: 50,
      page: 1,
      total_page: 1,
      total_results: 12,
    });
    for (const query of ['page_limit=51', 'page=0', 'page=two']) {
      expect((await page(query)).status).toBe(400);
    }
  });

  it('expire after 24 hours and reject further requests', async () => {
    const { id } = await open(1);
    time.now += 23.5 * hourMs;
    const url = await freshUrl(id, 1);
    time.now += 0.5 * hourMs;
    expect((await status(id)).status).toBe('expired');
    expect((await put(url)).text).toContain('NoSuchUpload');
    expect((await report(id, proofOf(1, 'x'))).status).toBe(400);
    simulator.switches.expiredSession = 'not-found';
    expect((await report(id, proofOf(1, 'x'))).status).toBe(404);
  });

  it('disappear from the list of incomplete uploads when they expire', async () => {
    const { id } = await open(1);
    simulator.expireSession(id);
    const later = await open(1);
    const ids = async () =>
      (await call('GET', uploads)).body.data.map((entry: Answer['body']) => entry.upload_id);
    expect(await ids()).toEqual([later.id]);
    simulator.switches.listedStates = ['active', 'expired'];
    simulator.switches.listOrder = 'oldest-first';
    expect(await ids()).toEqual([id, later.id]);
  });

  it('are unknown between dropSession and recallSession', async () => {
    const { id } = await open(1);
    simulator.dropSession(id);
    expect((await call('GET', `${uploads}/${id}`)).body.code).toBe('resource_not_exist');
    simulator.recallSession(id);
    expect((await status(id)).status).toBe('active');
  });

  it('become completed after completedAfterMs', async () => {
    simulator.switches.completedAfterMs = 5000;
    const { id } = await uploaded();
    expect(await status(id)).toMatchObject({ status: 'active', chunks_completed: 1 });
    time.now += 5000;
    expect((await status(id)).status).toBe('completed');
  });

  it('require a failed chunk to be sent again, not only reported', async () => {
    const { id, urls } = await open(1);
    const { etag } = await put(urls[1]);
    simulator.failChunk(id, 1, 'It was lost.');
    expect((await report(id, proofOf(1, etag))).status).toBe(400);
    const again = await put(await freshUrl(id, 1));
    expect((await report(id, proofOf(1, again.etag))).body).toHaveProperty('url');
  });
});

describe('assets', () => {
  it('are processing from the start, or not found with unfinishedAsset', async () => {
    const { assetId } = await open(1);
    expect((await call('GET', `/${assetId}`)).body.status).toBe('processing');
    simulator.switches.unfinishedAsset = 'not-found';
    expect((await call('GET', `/${assetId}`)).status).toBe(404);
  });

  it('become ready after a delay by the clock', async () => {
    simulator.switches.assetReadyAfterMs = 60_000;
    const { assetId } = await uploaded();
    time.now += 59_999;
    expect((await call('GET', `/${assetId}`)).body.status).toBe('processing');
    time.now += 1;
    expect((await call('GET', `/${assetId}`)).body).toMatchObject({ status: 'ready', size });
  });

  it('end as failed with failAsset, with a message', async () => {
    const { assetId } = await uploaded();
    simulator.failAsset(assetId, 'Unsupported codec.');
    const { body } = await call('GET', `/${assetId}`);
    expect(body).toMatchObject({ status: 'failed', error: { message: 'Unsupported codec.' } });
  });

  it('are unknown after deletion', async () => {
    const { assetId } = await uploaded();
    expect((await call('DELETE', `/${assetId}`)).status).toBe(204);
    expect((await call('GET', `/${assetId}`)).body.code).toBe('resource_not_exist');
  });
});

describe('the rate limit', () => {
  it('counts calls in a window and returns the time to wait', async () => {
    simulator.switches.rateLimit = { calls: 2, windowMs: 30_000, retryAfter: true, headers: true };
    const codes: number[] = [];
    for (let i = 0; i < 2; i += 1) codes.push((await call('GET', uploads)).status);
    const rejected = await call('GET', uploads);
    expect([...codes, rejected.status]).toEqual([200, 200, 429]);
    expect(rejected.headers.get('retry-after')).toBe('30');
    expect(rejected.headers.get('x-ratelimit-reset')).toBe(String(time.now / 1000 + 30));
    time.now += 30_000;
    expect((await call('GET', uploads)).status).toBe(200);
  });
});
