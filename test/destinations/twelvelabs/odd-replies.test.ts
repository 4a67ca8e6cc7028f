import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/errors.ts';
import { bodyOf, chunk, created, etag, failureOf, request, session } from './scripted.ts';
import {
  type Answering,
  type Reply,
  type ServedTwelveLabs,
  serveTwelveLabs,
  usualReply,
} from './served.ts';

const body = bodyOf(new Uint8Array([1, 2, 3]));
const proof = { index: 1, sizeBytes: 3, proof: etag, md5: etag };

/** Replies that clients of other services met, each with the thread that reports it. */
describe('odd replies that others report', () => {
  const put =
    (reply: Reply): Answering =>
    ({ method }) =>
      method === 'PUT' ? reply : undefined;

  it('JSON begins with a byte order mark (forwardemail/superagent#1249)', async () => {
    const text = `\ufeff${JSON.stringify(created)}`;
    const { twelveLabs, call } = await serveTwelveLabs(() => ({ status: 201, text }));
    expect((await twelveLabs.openSession(request, call)).uploadId).toBe('u/1');
  });

  it('a chunk is answered by 201 (23/resumable.js#208)', async () => {
    const { twelveLabs, call } = await serveTwelveLabs(
      put({ status: 201, headers: { ETag: `"${etag}"` } }),
    );
    expect((await twelveLabs.sendChunk(session, chunk(1), body, call)).proof).toBe(etag);
  });

  it('a chunk is answered by 200 whose body is an error (mldbai/mldb#322)', async () => {
    const text =
      '<?xml version="1.0"?>\n<Error xmlns="x"><Code>InternalError</Code><Message>m</Message></Error>';
    const { twelveLabs, call } = await serveTwelveLabs(
      put({ headers: { ETag: `"${etag}"` }, text }),
    );
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect(error).toMatchObject({
      name: 'ServiceUnavailableError',
      status: 200,
      origin: 'storage',
    });
  });

  it('a chunk is answered by 408, and the session lives (divinevideo/divine-mobile#7050)', async () => {
    const { twelveLabs, call } = await serveTwelveLabs(put({ status: 408 }));
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect([error.name, error.scope]).toEqual(['ServiceUnavailableError', 'service']);
  });

  it('Retry-After is a time since 1970 (cloudfoundry/cloud_controller_ng#2544)', async () => {
    const at = Date.UTC(2026, 10, 21) / 1000 + 30;
    const { twelveLabs, call } = await serveTwelveLabs(() => ({
      status: 429,
      headers: { 'Retry-After': String(at), Date: 'Sat, 21 Nov 2026 00:00:00 GMT' },
    }));
    const error = await failureOf(twelveLabs.sessionStatus(session, call));
    expect(error).toMatchObject({ name: 'ThrottledError', retryAfterSeconds: 30 });
  });

  it('Retry-After is a date by a clock an hour ahead of ours', async () => {
    const { twelveLabs, call } = await serveTwelveLabs(() => ({
      status: 429,
      headers: {
        'Retry-After': 'Sat, 21 Nov 2026 01:00:03 GMT',
        Date: 'Sat, 21 Nov 2026 01:00:00 GMT',
      },
    }));
    expect((await failureOf(twelveLabs.sessionStatus(session, call))).retryAfterSeconds).toBe(3);
  });

  it.each([
    ['twice', ['"a-1"', '"a-1"']],
    ['as a list', '"a-1", "a-1"'],
  ])('the ETag is sent %s', async (_, ETag) => {
    const { twelveLabs, call } = await serveTwelveLabs(put({ headers: { ETag } }));
    expect((await twelveLabs.sendChunk(session, chunk(1), body, call)).proof).toBe('a-1');
  });

  it('X-RateLimit-Reset is a delay (utksh1/SecuScan#1838)', async () => {
    const { twelveLabs, call } = await serveTwelveLabs(() => ({
      status: 429,
      headers: { 'X-RateLimit-Reset': '40', 'X-RateLimit-Remaining': '0' },
    }));
    expect((await failureOf(twelveLabs.sessionStatus(session, call))).retryAfterSeconds).toBe(40);
  });

  it('an error is a text and no object (buildinternet/uploads#46)', async () => {
    const { twelveLabs, call } = await serveTwelveLabs(() => ({
      status: 400,
      json: { error: 'invalid key' },
    }));
    const error = await failureOf(
      twelveLabs
        .prepareChunks(session, [1], call)
        .then(() => twelveLabs.sendChunk(session, chunk(1), body, call)),
    );
    expect(error.message).toContain('400: invalid key');
  });

  it('headers differ from the usual in letter case only (transloadit/uppy#6567)', async () => {
    const upload_headers = { 'content-type': 'video/mp4', 'USER-AGENT': 'signed/1' };
    const { twelveLabs, heard, call } = await serveTwelveLabs(({ path }) =>
      path.endsWith('/multipart-uploads')
        ? { status: 201, json: { ...created, upload_headers } }
        : undefined,
    );
    const opened = await twelveLabs.openSession(request, call);
    await twelveLabs.sendChunk(opened, chunk(1), body, call);
    expect(heard.at(-1)?.headers).toMatchObject({
      'content-type': 'video/mp4',
      'user-agent': 'signed/1',
    });
  });
});

describe('a chunk that was stored', () => {
  it('counts by its ETag though the body of the reply is damaged', async () => {
    const headers = { ETag: `"${etag}"`, 'Content-Encoding': 'gzip' };
    const { twelveLabs, call } = await serveTwelveLabs(({ method }) =>
      method === 'PUT' ? { headers, text: 'ok' } : undefined,
    );
    expect((await twelveLabs.sendChunk(session, chunk(1), body, call)).proof).toBe(etag);
  });
});

describe('a service that answers late', () => {
  /** Asks for something whose reply waits for `release`. */
  async function askLate(ask: (served: ServedTwelveLabs) => Promise<unknown>) {
    const held = Promise.withResolvers<void>();
    const served = await serveTwelveLabs((heard, count) => ({
      ...usualReply(heard, count),
      after: held.promise,
    }));
    const asked = ask(served);
    await expect.poll(() => served.heard.length).toBe(1);
    return { asked, clock: served.clock, release: held.resolve };
  }

  it.each([
    [
      290,
      'opens a session',
      ({ twelveLabs, call }: ServedTwelveLabs) => twelveLabs.openSession(request, call),
    ],
    [
      290,
      'takes a report',
      ({ twelveLabs, call }: ServedTwelveLabs) => twelveLabs.reportProofs(session, [proof], call),
    ],
    [
      110,
      'tells a state',
      ({ twelveLabs, call }: ServedTwelveLabs) => twelveLabs.sessionStatus(session, call),
    ],
  ])('after %i s %s all the same', async (seconds, _, ask) => {
    const { asked, clock, release } = await askLate(ask);
    clock.advance(seconds * 1000);
    release();
    await expect(asked).resolves.toBeDefined();
  });

  it('is waited for five minutes when it opens a session', async () => {
    const { asked, clock } = await askLate(({ twelveLabs, call }) =>
      twelveLabs.openSession(request, call),
    );
    clock.advance(300_000);
    expect((await failureOf(asked)).name).toBe('CreateReplyLostError');
  });

  it("leaves a lost reply when the function's time is up before", async () => {
    const stop = new AbortController();
    const { asked } = await askLate(({ twelveLabs }) =>
      twelveLabs.openSession(request, { signal: stop.signal }),
    );
    stop.abort(new TransferError('RequestTimeoutError', "the function's time is up"));
    expect((await failureOf(asked)).name).toBe('CreateReplyLostError');
  });
});

describe('404 and 410 that are not in the words of the service', () => {
  const pages = [
    'default backend - 404',
    '<html><body>404 page not found</body></html>',
    '"not found"',
    '[]',
  ];

  it.each(pages)('are a gateway without a server behind it: %j', async (text) => {
    const { twelveLabs, call } = await serveTwelveLabs((_, count) => ({
      status: count % 2 ? 404 : 410,
      text,
    }));
    const failures = [
      twelveLabs.sessionStatus(session, call),
      twelveLabs.prepareChunks(session, [1], call),
      twelveLabs.reportProofs(session, [proof], call),
      twelveLabs.assetStatus('a1', call),
      twelveLabs.openSession(request, call),
      twelveLabs.listUnfinished(call),
    ].map(async (asked) => (await failureOf(asked)).name);
    expect(new Set(await Promise.all(failures))).toEqual(new Set(['ServiceUnavailableError']));
  });

  it.each(pages)('are transient at the upload host too: %j', async (text) => {
    const { twelveLabs, call } = await serveTwelveLabs(({ method }) =>
      method === 'PUT' ? { status: 404, text } : undefined,
    );
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect(error).toMatchObject({ name: 'ServiceUnavailableError', origin: 'storage' });
  });

  it.each(['', ' ', '{}', '{"error":"gone"}'])('are believed with the body %j', async (text) => {
    const { twelveLabs, call } = await serveTwelveLabs(() => ({ status: 404, text }));
    expect((await twelveLabs.sessionStatus(session, call)).phase).toBe('expired');
    expect((await twelveLabs.assetStatus('a1', call)).phase).toBe('missing');
  });
});
