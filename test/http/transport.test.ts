import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { ManualClock } from '../harness/clock.ts';
import { failureOf, kib64, type Setting, serveTransport, source } from './served-transport.ts';

let clock: ManualClock;

beforeEach(() => {
  clock = new ManualClock(undefined, 'owner');
});

const serve = (listener: RequestListener, setting: Omit<Setting, 'clock'> = {}) =>
  serveTransport(listener, { clock, ...setting });

describe('a request', () => {
  it('goes to the unchanged path', async () => {
    const paths: (string | undefined)[] = [];
    const { send } = await serve((request, response) => {
      paths.push(request.url);
      response.end();
    });
    const path = '/a/../b//c/./%7Ed+e?x=%2F&y=../z';
    await send({ path });
    expect(paths).toEqual([path]);
  });

  it('sends a streamed body with its length and every byte', async () => {
    const hash = createHash('sha256');
    let length: string | undefined;
    const { send } = await serve((request, response) => {
      length = request.headers['content-length'];
      request.on('data', (data: Buffer) => hash.update(data)).on('end', () => response.end());
    });
    await send(source(40).request);
    const expected = createHash('sha256');
    for (let index = 0; index < 40; index++) expected.update(kib64);
    expect([length, hash.digest('hex')]).toEqual([
      String(40 * kib64.length),
      expected.digest('hex'),
    ]);
  });

  it('is rejected if its body is streamed without a length', async () => {
    const { send } = await serve((_, response) => response.end());
    const error = await failureOf(send({ ...source(1).request, headers: {} }));
    expect(error.name).toBe('UnexpectedError');
  });

  it('is not sent if its signal is already aborted', async () => {
    let requests = 0;
    const { send } = await serve((_, response) => {
      requests++;
      response.end();
    });
    const reason = new TransferError('FencedOutError', 'stop');
    await expect(send({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(requests).toBe(0);
  });
});

describe('a reply', () => {
  it('has a status, lower-case header names and a text', async () => {
    const { send } = await serve((_, response) => {
      response.writeHead(418, { 'X-Mixed-Case': 'yes', 'Set-Cookie': ['a=1', 'b=2'] });
      response.end('snø');
    });
    const reply = await send();
    expect([reply.status, reply.headers['x-mixed-case'], reply.text]).toEqual([418, 'yes', 'snø']);
    expect(reply.headers['set-cookie']).toBe('a=1, b=2');
  });

  it('with a redirect is not followed', async () => {
    let requests = 0;
    const { send } = await serve((_, response) => {
      requests++;
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    expect((await send()).status).toBe(307);
    expect(requests).toBe(1);
  });

  it('longer than the bound is rejected', async () => {
    const { send } = await serve((_, response) => response.end('x'.repeat(1001)), {
      transport: { maxReplyBytes: 1000 },
    });
    const error = await failureOf(send());
    expect([error.name, error.message]).toEqual([
      'NetworkError',
      expect.stringMatching(/^GET 127\.0\.0\.1:\d+: the reply exceeds 1000 bytes$/),
    ]);
  });

  it('as long as the bound is read', async () => {
    const { send } = await serve((_, response) => response.end('x'.repeat(1000)), {
      transport: { maxReplyBytes: 1000 },
    });
    expect((await send()).text).toHaveLength(1000);
  });

  it('as long as the bound of its own request is read', async () => {
    const { send } = await serve((_, response) => response.end('x'.repeat(1500)), {
      transport: { maxReplyBytes: 1000 },
    });
    expect((await send({ maxReplyBytes: 1500 })).text).toHaveLength(1500);
  });

  it('that never starts ends in a timeout by the clock', async () => {
    const { send } = await serve(() => clock.advance(30_000));
    expect((await failureOf(send())).name).toBe('RequestTimeoutError');
  });

  it('that trickles beyond the time limit ends in a timeout', async () => {
    const { send } = await serve((_, response) => {
      response.write('{');
      setTimeout(() => clock.advance(30_000), 20);
    });
    expect((await failureOf(send())).name).toBe('RequestTimeoutError');
  });

  it('that never arrives after a streamed body ends in a timeout', async () => {
    const { send } = await serve((request) => {
      request.resume().on('end', () => clock.advance(30_000));
    });
    expect((await failureOf(send(source(4).request))).name).toBe('RequestTimeoutError');
  });

  it('leaves no timer', async () => {
    const { send } = await serve((_, response) => response.end());
    await send();
    expect(clock.pending()).toBe(0);
  });
});
