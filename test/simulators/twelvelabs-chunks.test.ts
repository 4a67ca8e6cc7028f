import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  type Answer,
  call,
  create,
  freshUrl,
  md5,
  open,
  proofOf,
  put,
  report,
  sha256,
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

describe('presigned URLs', () => {
  it('accept one PUT each', async () => {
    const { urls } = await open(1);
    expect((await put(urls[1])).status).toBe(200);
    const again = await put(urls[1]);
    expect(again.status).toBe(403);
    expect(again.text).toContain('<Code>AccessDenied</Code>');
  });

  it('become invalid after a failed PUT', async () => {
    const { urls } = await open(1);
    simulator.faults.add({ on: 'put', kind: 'status', status: 500 });
    await put(urls[1]);
    expect((await put(urls[1])).status).toBe(403);
  });

  it('stay valid after a failed PUT with singleUse "by-success"', async () => {
    simulator.switches.singleUse = 'by-success';
    const { urls } = await open(1);
    simulator.faults.add({ on: 'put', kind: 'status', status: 500 });
    await put(urls[1]);
    expect((await put(urls[1])).status).toBe(200);
    expect((await put(urls[1])).status).toBe(403);
  });

  it('expire after an hour, to the second', async () => {
    const { urls } = await open(2);
    time.now += hourMs - 1;
    expect((await put(urls[1])).status).toBe(200);
    time.now += 1;
    const late = await put(urls[2]);
    expect(late.status).toBe(403);
    expect(late.text).toContain('<Message>Request has expired</Message>');
  });

  it('are rejected after any change', async () => {
    const { urls } = await open(2);
    const forged = urls[1]?.replace('partNumber=1', 'partNumber=2');
    expect((await put(forged)).text).toContain('SignatureDoesNotMatch');
  });

  it('are unique, even for one chunk in one second', async () => {
    const { id, urls } = await open(1);
    const more = [urls[1], await freshUrl(id, 1), await freshUrl(id, 1)];
    expect(new Set(more).size).toBe(3);
  });

  it('are limited to 50 in one request', async () => {
    const { id } = await open(60);
    const ask = (count: number) =>
      call('POST', `${uploads}/${id}/presigned-urls`, { start: 1, count });
    expect((await ask(50)).body).toMatchObject({ start_index: 1, count: 50 });
    expect((await ask(51)).status).toBe(400);
  });

  it('past the last chunk are rejected, or clipped with countPastEnd "clip"', async () => {
    const { id } = await open(3);
    const ask = () => call('POST', `${uploads}/${id}/presigned-urls`, { start: 2, count: 5 });
    expect((await ask()).status).toBe(400);
    simulator.switches.countPastEnd = 'clip';
    expect((await ask()).body.count).toBe(2);
  });

  it('for completed chunks are skipped with completedChunkUrls "skip"', async () => {
    simulator.switches.completedChunkUrls = 'skip';
    const { id, urls } = await open(2);
    await report(id, proofOf(1, (await put(urls[1])).etag));
    const { body } = await call('POST', `${uploads}/${id}/presigned-urls`, { start: 1, count: 2 });
    expect(body.upload_urls.map((entry: Answer['body']) => entry.chunk_index)).toEqual([2]);
  });

  it('for a span with a completed chunk are rejected with completedChunkUrls "reject"', async () => {
    simulator.switches.completedChunkUrls = 'reject';
    const { id, urls } = await open(2);
    await report(id, proofOf(1, (await put(urls[1])).etag));
    const ask = (start: number, count: number) =>
      call('POST', `${uploads}/${id}/presigned-urls`, { start, count });
    expect([(await ask(1, 2)).status, (await ask(2, 1)).status]).toEqual([400, 200]);
  });

  it('reject a request without a User-Agent with requireUserAgent', async () => {
    const { urls } = await open(1);
    simulator.switches.requireUserAgent = true;
    const { hostname, port, pathname, search } = new URL(urls[1] ?? '');
    const bare = { method: 'PUT', hostname, port, path: pathname + search };
    const status = await new Promise((resolve) => {
      httpRequest(bare, (reply) => resolve(reply.statusCode)).end();
    });
    expect(status).toBe(403);
    expect((await create(1)).status).toBe(201);
  });
});

describe('the upload host', () => {
  it('answers with the MD5 of the bytes as a quoted ETag', async () => {
    const { urls } = await open(1);
    const bytes = randomBytes(size);
    const reply = await put(urls[1], bytes);
    expect(reply.headers.get('etag')).toBe(`"${md5(bytes)}"`);
  });

  it('names aws:kms with an ETag of 32 other hex digits', async () => {
    simulator.switches.etag = 'kms';
    const { urls } = await open(1);
    const bytes = randomBytes(size);
    const reply = await put(urls[1], bytes);
    expect(reply.etag).toMatch(/^[0-9a-f]{32}$/);
    expect(reply.etag).not.toBe(md5(bytes));
    expect(reply.headers.get('x-amz-server-side-encryption')).toBe('aws:kms');
  });

  it.each(['opaque', 'kms-silent', 'absent'] as const)(
    'returns no usable MD5 with etag "%s"',
    async (etag) => {
      simulator.switches.etag = etag;
      const { urls } = await open(1);
      const bytes = randomBytes(size);
      const reply = await put(urls[1], bytes);
      expect(reply.etag).not.toBe(md5(bytes));
      expect(reply.headers.get('x-amz-server-side-encryption')).toBeNull();
    },
  );

  it('returns a wrong ETag for chosen chunks and accepts it as proof', async () => {
    simulator.switches.wrongEtagChunks = [2];
    const { id, urls } = await open(2);
    const bytes = randomBytes(size);
    const replies = [await put(urls[1], bytes), await put(urls[2], bytes)];
    expect(replies.map((reply) => reply.etag === md5(bytes))).toEqual([true, false]);
    const { body } = await report(id, ...replies.map(({ etag }, i) => proofOf(i + 1, etag)));
    expect(body.total_completed).toBe(2);
  });

  it('requires all upload headers with requireUploadHeaders', async () => {
    simulator.switches.uploadHeaders = { 'Content-Type': 'video/mp4', 'x-amz-meta-owner': 'me' };
    simulator.switches.requireUploadHeaders = true;
    const { id, urls } = await open(1);
    expect((await put(urls[1])).status).toBe(403);
    const url = await freshUrl(id, 1);
    expect((await put(url, undefined, simulator.switches.uploadHeaders)).status).toBe(200);
  });

  it('rejects a body without Content-Length', async () => {
    const { urls } = await open(1);
    const code = await new Promise((resolve, reject) => {
      const request = httpRequest(urls[1] ?? '', { method: 'PUT' }, (reply) => {
        reply.resume().on('end', () => resolve(reply.statusCode));
      });
      request.on('error', reject);
      request.write('12345');
      request.end('67890');
    });
    expect(code).toBe(411);
  });

  it('stores the last of two PUTs of a chunk', async () => {
    const { id, assetId, urls } = await open(1);
    const last = randomBytes(size);
    await put(urls[1]);
    const { etag } = await put(await freshUrl(id, 1), last);
    await report(id, proofOf(1, etag));
    expect(await simulator.storedSha256(assetId)).toBe(sha256(last));
  });

  it('fails a chunk that was overwritten after its report, once all chunks are reported', async () => {
    const { id, urls } = await open(2);
    await report(id, proofOf(1, (await put(urls[1])).etag));
    await put(await freshUrl(id, 1));
    const { body } = await report(id, proofOf(2, (await put(urls[2])).etag));
    expect(body).not.toHaveProperty('url');
    expect(await status(id)).toMatchObject({ status: 'active', chunks_failed: 1 });
  });

  it('answers 404 to a PUT for a completed upload', async () => {
    const { id, urls } = await open(1);
    const late = await freshUrl(id, 1);
    await report(id, proofOf(1, (await put(urls[1])).etag));
    expect(await put(late)).toMatchObject({ status: 404 });
  });

  it('stores nothing of an interrupted PUT', async () => {
    const { id, urls } = await open(1);
    simulator.faults.add({ on: 'put', kind: 'reset-mid-body', afterBytes: 5 });
    await expect(put(urls[1])).rejects.toThrow();
    expect(simulator.sessions()[0]?.chunks[0]?.stored).toBeUndefined();
    expect((await report(id, proofOf(1, md5(randomBytes(size))))).status).toBe(400);
  });

  it('closes the connection of a rejected PUT with rejectedPut "close"', async () => {
    simulator.switches.rejectedPut = 'close';
    const { urls } = await open(1);
    await put(urls[1]);
    expect((await put(urls[1])).headers.get('connection')).toBe('close');
  });

  it('records an API key in the request', async () => {
    const { urls } = await open(1);
    await put(urls[1], undefined, { 'x-api-key': simulator.apiKey });
    expect(simulator.calls.of('put')[0]?.hasApiKey).toBe(true);
  });
});

describe('reports', () => {
  it('accept a proof with or without quotes', async () => {
    const { id, urls } = await open(2);
    const [one, two] = [await put(urls[1]), await put(urls[2])];
    const { body } = await report(id, proofOf(1, `"${one.etag}"`), proofOf(2, two.etag));
    expect(body).toMatchObject({ processed_chunks: 2, duplicate_chunks: 0, total_completed: 2 });
  });

  it('count a repeated chunk in one report as a duplicate', async () => {
    const { id, urls } = await open(2);
    const proof = proofOf(1, (await put(urls[1])).etag);
    const { body } = await report(id, proof, proof);
    expect(body).toMatchObject({ processed_chunks: 1, duplicate_chunks: 1, total_completed: 1 });
  });

  it('are rejected completely if one proof, size or index is wrong', async () => {
    const { id, urls } = await open(3);
    const good = proofOf(1, (await put(urls[1])).etag);
    const { etag } = await put(urls[2]);
    const bad = [
      proofOf(2, md5(randomBytes(1))),
      proofOf(2, etag, 9),
      proofOf(4, etag),
      proofOf(3, etag),
    ];
    for (const chunk of bad) expect((await report(id, good, chunk)).status).toBe(400);
    expect((await status(id)).chunks_completed).toBe(0);
  });

  it('mark a wrong chunk as failed with badReport "mark-failed"', async () => {
    simulator.switches.badReport = 'mark-failed';
    const { id, urls } = await open(1);
    await put(urls[1]);
    expect((await report(id, proofOf(1, md5(randomBytes(1))))).status).toBe(200);
    expect((await status(id)).uploaded_chunks[0]).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('proof'),
      uploaded_at: null,
    });
  });

  it('hold 1 to 50 chunks', async () => {
    const { id } = await open(60);
    const many = Array.from({ length: 51 }, (_, i) => proofOf(i + 1, 'x'));
    expect((await report(id)).status).toBe(400);
    expect((await report(id, ...many)).body.code).toBe('parameter_invalid');
  });

  it('return a URL only when they complete the upload', async () => {
    const { id, urls } = await open(2);
    const first = await report(id, proofOf(1, (await put(urls[1])).etag));
    const last = await report(id, proofOf(2, (await put(urls[2])).etag));
    expect([first, last].map(({ body }) => 'url' in body)).toEqual([false, true]);
  });

  it('for a completed upload are rejected, or counted with reportAfterCompletion', async () => {
    const { id, etag } = await uploaded();
    expect((await report(id, proofOf(1, etag))).status).toBe(400);
    simulator.switches.reportAfterCompletion = 'count-duplicates';
    const { body } = await report(id, proofOf(1, etag));
    expect(body).toMatchObject({ duplicate_chunks: 1, total_completed: 1 });
    expect(body).not.toHaveProperty('url');
  });
});
