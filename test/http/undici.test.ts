import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { codeOf, isUnconnected } from '#src/http/network-failure.ts';
import { closeAgent, createAgent, type DispatchRequest, dispatch } from '#src/http/undici.ts';
import { type HttpServer, startServer } from './http-server.ts';

let server: HttpServer | undefined;
const agent = createAgent({ connectionsPerOrigin: 2, headersTimeoutMs: 5_000 });

afterEach(async () => {
  await server?.close();
});

const mib = new Uint8Array(1024 * 1024);

/** Returns a stream of 16 MiB, like an SDK's. */
function stream(): Readable {
  return Readable.from(Array.from({ length: 16 }, () => mib));
}

function put(origin: string, body: DispatchRequest['body'], signal?: AbortSignal) {
  const headers = { 'content-length': String(16 * mib.length) };
  return dispatch(agent, { origin, path: '/', method: 'PUT', headers, body, signal });
}

describe('a stream as a body', () => {
  it('is destroyed on an early reply', async () => {
    server = await startServer((_, response) => response.writeHead(403).end());
    const body = stream();
    const reply = await put(server.origin, body);
    await reply.body.dump();
    expect(reply.status).toBe(403);
    await expect.poll(() => body.destroyed).toBe(true);
  });

  it('is destroyed on a reset', async () => {
    server = await startServer((request) => request.socket.resetAndDestroy());
    const body = stream();
    await expect(put(server.origin, body)).rejects.toThrow();
    await expect.poll(() => body.destroyed).toBe(true);
  });

  it('is destroyed on an abort', async () => {
    const stop = new AbortController();
    const reason = new Error('stop');
    server = await startServer(() => stop.abort(reason));
    const body = stream();
    await expect(put(server.origin, body, stop.signal)).rejects.toBe(reason);
    await expect.poll(() => body.destroyed).toBe(true);
  });

  it('that stalls does not delay an abort', async () => {
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
  it('resolves with its headers, and its body is a stream', async () => {
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

describe('a closed agent', () => {
  it('rejects further requests', async () => {
    const closed = createAgent();
    await closeAgent(closed);
    const asked = { origin: 'http://127.0.0.1:1', path: '/', method: 'GET', headers: {} };
    await expect(dispatch(closed, asked)).rejects.toThrow();
  });
});

describe('a request that is repeated because its kept socket was closed', () => {
  it('may have been sent although the second connection fails', async () => {
    let requests = 0;
    server = await startServer((request, response) => {
      if (++requests === 1) return response.end('ok');
      void server?.close();
      request.socket.destroy();
    });
    const { origin } = server;
    const call = { origin, path: '/', method: 'POST', headers: {}, body: 'start' };
    const send = () => dispatch(agent, { ...call, repeatsFailedReuse: true });
    await (await send()).body.dump();
    const error = await send().catch((failure: unknown) => failure);
    expect([requests, codeOf(error), isUnconnected(error)]).toEqual([2, 'ECONNREFUSED', false]);
  });
});
