import type { RequestListener } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemClock } from '#src/system/system-clock.ts';
import { ManualClock } from '../harness/clock.ts';
import { failureOf, type Setting, serveTransport, source } from './served-transport.ts';

/** An agent whose timeouts expire after one tick of undici's timers, about a second. */
const hasty = { agent: { headersTimeoutMs: 200, bodyTimeoutMs: 200 } };

const serve = (listener: RequestListener, setting: Partial<Setting> = hasty) =>
  serveTransport(listener, { clock: systemClock, ...setting });

/** Longer than the timeouts of the agent in `hasty`. */
const lateMs = 2_500;

describe('a reply long after the last byte', () => {
  it("is read if the request's limit is longer", async () => {
    const { send } = await serve((request, response) => {
      request.resume().on('end', async () => {
        await setTimeout(lateMs);
        response.writeHead(200, { etag: '"e"' }).end();
      });
    });
    const reply = await send({ ...source(4).request, replyTimeoutMs: 60_000 });
    expect([reply.status, reply.headers.etag]).toEqual([200, '"e"']);
  });

  it('is read if its head arrives at once and its body late', async () => {
    const { send } = await serve((request, response) => {
      request.resume().on('end', async () => {
        response.writeHead(200).flushHeaders();
        await setTimeout(lateMs);
        response.end('done');
      });
    });
    expect((await send({ ...source(4).request, replyTimeoutMs: 60_000 })).text).toBe('done');
  });

  it("is too late for a request without an own limit: the agent's timeout ends it", async () => {
    const { send } = await serve((request) => request.resume());
    const error = await failureOf(send(source(4).request));
    expect(error.message).toMatch(/: no reply in time \(UND_ERR_HEADERS_TIMEOUT\)$/);
  });
});

describe('the limit of a request', () => {
  it('replaces the default of 30 s', async () => {
    const clock = new ManualClock(undefined, 'owner');
    let answered = false;
    const { send } = await serve(
      (request) => {
        request.resume().on('end', () => {
          answered = true;
        });
      },
      { clock },
    );
    const sending = failureOf(send({ ...source(2).request, replyTimeoutMs: 300_000 }));
    await expect.poll(() => answered).toBe(true);
    clock.advance(299_999);
    expect(clock.pending()).toBe(1);
    clock.advance(1);
    const error = await sending;
    expect(error.name).toBe('RequestTimeoutError');
    expect(error.message).toMatch(/: no complete reply within 300000 ms$/);
  });

  it('may be shorter than the default', async () => {
    const clock = new ManualClock(undefined, 'owner');
    const { send } = await serve(() => clock.advance(50), { clock });
    const error = await failureOf(send({ replyTimeoutMs: 50 }));
    expect(error.message).toMatch(/: no complete reply within 50 ms$/);
  });

  it('runs from the last byte, not from the first', async () => {
    const clock = new ManualClock(undefined, 'owner');
    const { send } = await serve(
      (request, response) => {
        request.resume().on('end', () => response.end('ok'));
      },
      { clock },
    );
    const { request } = source(20, () => clock.advance(60_000));
    expect((await send({ ...request, replyTimeoutMs: 30_000 })).text).toBe('ok');
  });
});
