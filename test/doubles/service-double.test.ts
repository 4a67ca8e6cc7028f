import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  altered,
  always,
  everyNth,
  firstCalls,
  forSeconds,
  interimReplies,
  redirect,
  type ServiceDouble,
  startServiceDouble,
  status,
} from './service-double.ts';

const chunkSizeBytes = 10;

let time: number;
let service: ServiceDouble;

beforeEach(async () => {
  time = Date.UTC(2026, 10, 28);
  const sleep = async (ms: number) => {
    time += ms;
  };
  service = await startServiceDouble({ clock: { now: () => time, sleep }, chunkSizeBytes });
});
afterEach(() => service.close());

async function call(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${service.baseUrl}${path}`, {
    method,
    headers: { 'x-api-key': service.apiKey },
    redirect: 'manual',
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

const create = (chunks = 1) =>
  call('POST', '/assets/multipart-uploads', {
    filename: 'film.mp4',
    type: 'video',
    total_size: chunks * chunkSizeBytes,
  });

async function openUpload(chunks = 1) {
  const reply = (await (await create(chunks)).json()) as {
    upload_id: string;
    upload_urls: { url: string }[];
  };
  return { id: reply.upload_id, urls: reply.upload_urls.map(({ url }) => url) };
}

const put = (url = '') =>
  fetch(url, { method: 'PUT', body: new Uint8Array(chunkSizeBytes), redirect: 'manual' });

const list = () => call('GET', '/assets/multipart-uploads');

async function codesOf(count: number): Promise<number[]> {
  const codes: number[] = [];
  for (let i = 0; i < count; i += 1) codes.push((await list()).status);
  return codes;
}

async function report(id: string, etag: string | null): Promise<Response> {
  const chunk = { chunk_index: 1, proof: etag, proof_type: 'etag', chunk_size: chunkSizeBytes };
  return call('POST', `/assets/multipart-uploads/${id}`, { completed_chunks: [chunk] });
}

describe('a behaviour', () => {
  it('applies to every call of its operation until `clear`', async () => {
    service.behave(always('list', status(503, { 'Retry-After': '15' })));
    const reply = await list();
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '15']);
    expect((await create()).status).toBe(201);
    service.faults.clear();
    expect(await codesOf(1)).toEqual([200]);
  });

  it('applies to the first calls only', async () => {
    service.behave(firstCalls('list', 2, status(409)));
    expect(await codesOf(3)).toEqual([409, 409, 200]);
  });

  it('applies to every n-th call', async () => {
    service.behave(everyNth('list', 2, status(502)));
    expect(await codesOf(4)).toEqual([200, 502, 200, 502]);
  });

  it('applies for some seconds from its first call', async () => {
    service.behave(forSeconds('list', 60, status(503)));
    expect(await codesOf(1)).toEqual([503]);
    time += 59_999;
    expect(await codesOf(1)).toEqual([503]);
    time += 1;
    expect(await codesOf(1)).toEqual([200]);
  });

  it('yields to an earlier behaviour and to a scripted fault', async () => {
    service.behave(always('list', status(500)), always('list', status(502)));
    service.faults.add({ on: 'list', kind: 'status', status: 429 });
    expect(await codesOf(2)).toEqual([429, 500]);
  });

  it('changes a reply', async () => {
    service.behave(
      always(
        'list',
        altered((body) => ({ ...body, data: null })),
      ),
    );
    expect(await (await list()).json()).toMatchObject({ data: null });
  });

  it('redirects a PUT', async () => {
    service.behave(always('put', redirect(307)));
    const { urls } = await openUpload();
    const reply = await put(urls[0]);
    expect(reply.status).toBe(307);
    expect(reply.headers.get('location')).toContain('elsewhere.example');
  });

  it('delays a reply after the bytes are stored', async () => {
    service.behave(always('put', { kind: 'late-reply', ms: 25_000 }));
    const { urls } = await openUpload();
    const began = time;
    expect((await put(urls[0])).status).toBe(200);
    expect(time - began).toBe(25_000);
  });

  it('sends an unrequested interim reply', async () => {
    service.behave(interimReplies);
    const { hostname, port } = new URL(service.baseUrl);
    const socket = connect(Number(port), hostname);
    socket.write(`GET /v1.3/assets HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`);
    let text = '';
    for await (const piece of socket.setEncoding('latin1')) text += piece;
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 401 /);
  });

  it('fails some of the chunks of a report', async () => {
    service.behave(always('report', { kind: 'fail-chunk', error: 'lost', chunks: [1] }));
    const { id, urls } = await openUpload();
    await report(id, (await put(urls[0])).headers.get('etag'));
    expect(service.sessions()[0]?.chunks[0]).toMatchObject({ state: 'failed', error: 'lost' });
  });
});

describe('a switch', () => {
  it('makes the service forget a complete session', async () => {
    service.switches.completedSession = 'not-found';
    const { id, urls } = await openUpload();
    const path = `/assets/multipart-uploads/${id}`;
    expect((await call('GET', path)).status).toBe(200);
    expect((await report(id, (await put(urls[0])).headers.get('etag'))).status).toBe(200);
    expect((await call('GET', path)).status).toBe(404);
  });

  it('makes the service reject URLs for a span with a completed chunk', async () => {
    service.switches.completedChunkUrls = 'reject';
    const { id, urls } = await openUpload(2);
    await report(id, (await put(urls[0])).headers.get('etag'));
    const path = `/assets/multipart-uploads/${id}/presigned-urls`;
    expect((await call('POST', path, { start: 1, count: 2 })).status).toBe(400);
    expect((await call('POST', path, { start: 2, count: 1 })).status).toBe(200);
  });

  it('makes upload ids long', async () => {
    service.switches.uploadIdLength = 1_024;
    const { id, urls } = await openUpload();
    expect(id).toHaveLength(1_024);
    expect((await put(urls[0])).status).toBe(200);
  });
});
