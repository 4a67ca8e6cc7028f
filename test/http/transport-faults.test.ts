import type { RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import type { TransferError } from '#src/core/errors/transfer-error.ts';
import { wasNeverSent } from '#src/http/network-failure.ts';
import { ManualClock } from '../harness/clock.ts';
import {
  canary,
  failureOf,
  kib64,
  type Setting,
  serveTransport,
  source,
} from './served-transport.ts';

let clock: ManualClock;

beforeEach(() => {
  clock = new ManualClock(undefined, 'owner');
});

const serve = (listener: RequestListener, setting: Omit<Setting, 'clock'> = {}) =>
  serveTransport(listener, { clock, ...setting });

describe('a server that reads no bytes', () => {
  it("causes the agent's timeout, and the source ends", async () => {
    const { send } = await serve((request) => request.pause(), {
      agent: { headersTimeoutMs: 200 },
    });
    const { state, request } = source(200);
    const error = await failureOf(send(request));
    expect(error.name).toBe('RequestTimeoutError');
    await expect.poll(() => state.ended).toBe(true);
  });
});

describe('a reply before the body was read', () => {
  it('is returned if the connection stays open, and the source ends', async () => {
    const { send } = await serve((_, response) => response.writeHead(403).end('no'));
    const { state, request } = source(500);
    expect((await send(request)).status).toBe(403);
    await expect.poll(() => state.ended).toBe(true);
    expect(state.given).toBeLessThan(500);
  });

  it('may be lost if the connection closes, and the source ends', async () => {
    const { send } = await serve((request, response) => {
      response.writeHead(403, { connection: 'close' }).end();
      request.socket.destroySoon();
    });
    const { state, request } = source(2000);
    const outcome = await send(request).then(
      (reply) => reply.status,
      (error: TransferError) => error.name,
    );
    expect([403, 'NetworkError']).toContain(outcome);
    await expect.poll(() => state.ended).toBe(true);
  });
});

describe('a connection', () => {
  it('that is reset during the body causes a network error, and the source ends', async () => {
    const { send } = await serve((request) =>
      request.once('data', () => request.socket.resetAndDestroy()),
    );
    const { state, request } = source(500);
    const error = await failureOf(send(request));
    expect([error.name, wasNeverSent(error)]).toEqual(['NetworkError', false]);
    await expect.poll(() => state.ended).toBe(true);
  });

  it('lost after the last byte causes a network error, and the request may have had an effect', async () => {
    const { send } = await serve((request) => {
      request.resume().on('end', () => request.socket.destroy());
    });
    const error = await failureOf(send(source(4).request));
    expect([error.name, wasNeverSent(error)]).toEqual(['NetworkError', false]);
  });

  it('that is rejected certainly did not send the request', async () => {
    const { send, origin, close } = await serve((_, response) => response.end());
    await close();
    const error = await failureOf(send());
    expect([error.name, wasNeverSent(error)]).toEqual(['NetworkError', true]);
    expect(error.message).toBe(
      `GET ${new URL(origin).host}: the connection was refused (ECONNREFUSED)`,
    );
  });

  it('is free for the next request after an early reply', async () => {
    const { send } = await serve((_, response) => response.writeHead(403).end(), {
      agent: { connectionsPerOrigin: 1 },
    });
    await send(source(100).request);
    expect((await send()).status).toBe(403);
  });
});

describe('an error', () => {
  it('of the source is thrown unchanged', async () => {
    const { send } = await serve((request) => request.resume());
    const fault = new Error('the source ended early');
    const { request } = source(10, (index) => {
      if (index === 3) throw fault;
    });
    await expect(send(request)).rejects.toBe(fault);
  });

  it("of an abort during the body is the signal's reason, and the source ends", async () => {
    const stop = new AbortController();
    const { send } = await serve((request) => request.resume());
    const reason = new Error('no byte moved');
    const { state, request } = source(1e9, (index) => {
      if (index === 50) stop.abort(reason);
    });
    await expect(send({ ...request, signal: stop.signal })).rejects.toBe(reason);
    await expect.poll(() => state.ended).toBe(true);
  });

  it('of a body shorter than its content-length is a network error', async () => {
    const { send } = await serve((request, response) => {
      request.resume().on('end', () => response.end());
    });
    const { request } = source(2);
    const headers = { 'content-length': String(3 * kib64.length) };
    expect((await failureOf(send({ ...request, headers }))).name).toBe('NetworkError');
  });

  it('shows no path, query or header value, also in its cause', async () => {
    const listeners: RequestListener[] = [
      (request) => request.socket.resetAndDestroy(),
      (request) => request.resume().on('end', () => request.socket.destroy()),
      () => clock.advance(30_000),
      (_, response) => response.end('x'.repeat(2_000_000)),
    ];
    let turn = 0;
    const { send } = await serve((request, response) => listeners[turn]?.(request, response));
    for (turn = 0; turn < listeners.length; turn++) {
      const { request } = source(1);
      const error = await failureOf(
        send({ ...request, body: 'x', headers: { 'x-api-key': canary } }),
      );
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(canary);
    }
  });

  it.each([
    ['an invalid header', { headers: { 'x-api-key': `${canary}\n` } }],
    ['an invalid path', { url: `http://127.0.0.1:1/a b?${canary}` }],
    ['an invalid URL', { url: `${canary}://x` }],
    ['a URL with credentials', { url: `http://user:${canary}@127.0.0.1/` }],
  ])('about %s does not show the value', async (_, request) => {
    const { send } = await serve((_request, response) => response.end());
    const error = await failureOf(send(request));
    expect(error.disposition).toBe('fail');
    expect(inspect(error, { depth: 10 })).not.toContain(canary);
  });
});
