import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { closeAgent, createAgent, type DispatchRequest, dispatch } from '#src/http/undici.ts';
import { type HttpServer, startServer } from './http-server.ts';

let server: HttpServer | undefined;
const agent = createAgent({ connectionsPerOrigin: 2, headersTimeoutMs: 5_000 });

afterEach(async () => {
  await server?.close();
});

const mib = new Uint8Array(1024 * 1024);

/** A stream of 16 MiB, as an SDK would give one. */
function stream(): Readable {
  return Readable.from(Array.from({ length: 16 }, () => mib));
}

function put(origin: string, body: DispatchRequest['body'], signal?: AbortSignal) {
  const headers = { 'content-length': String(16 * mib.length) };
  return dispatch(agent, { origin, path: '/', method: 'PUT', headers, body, signal });
}

describe('a stream given as a body', () => {
  it('is destroyed when the answer comes early', async () => {
    server = await startServer((_, response) => response.writeHead(403).end());
    const body = stream();
    const reply = await put(server.origin, body);
    await reply.body.dump();
    expect(reply.status).toBe(403);
    await expect.poll(() => body.destroyed).toBe(true);
  });

  it('is destroyed when the server resets', async () => {
    server = await startServer((request) => request.socket.resetAndDestroy());
    const body = stream();
    await expect(put(server.origin, body)).rejects.toThrow();
    await expect.poll(() => body.destroyed).toBe(true);
  });

  it('is destroyed when the request is aborted', async () => {
    const stop = new AbortController();
    const reason = new Error('stop');
    server = await startServer(() => stop.abort(reason));
    const body = stream();
    await expect(put(server.origin, body, stop.signal)).rejects.toBe(reason);
    await expect.poll(() => body.destroyed).toBe(true);
  });

  it('that stalls does not hold up an abort', async () => {
    const stop = new AbortController();
    const reason = new Error('stop');
    server = await startServer((request) => request.resume());
    const sending = put(server.origin, new Readable({ read: () => {} }), stop.signal);
    await setImmediate();
    stop.abort(reason);
    await expect(sending).rejects.toBe(reason);
  });
});

describe('a reply', () => {
  it('is there when its headers are, and its body is a stream', async () => {
    server = await startServer((_, response) =>
      response.writeHead(200, { 'X-A': 'b' }).end('text'),
    );
    const reply = await dispatch(agent, {
      origin: server.origin,
      path: '/',
      method: 'GET',
      headers: {},
    });
    expect([reply.status, reply.headers['x-a'], reply.body instanceof Readable]).toEqual([
      200,
      'b',
      true,
    ]);
    expect(await reply.body.text()).toBe('text');
  });
});

describe('an agent that was closed', () => {
  it('takes no more requests', async () => {
    const closed = createAgent();
    await closeAgent(closed);
    const asked = { origin: 'http://127.0.0.1:1', path: '/', method: 'GET', headers: {} };
    await expect(dispatch(closed, asked)).rejects.toThrow();
  });
});
