import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { body, chunk, created, etag, failureOf, proof, request, session } from './scripted.ts';
import { onPut, type ServedTwelveLabs, serveTwelveLabs, usualReply } from './served.ts';

/** Replies from reports about other services, each with its thread. */
describe('odd replies from public reports', () => {
  it('reads JSON with a byte order mark (forwardemail/superagent#1249)', async () => {
    const text = `\ufeff${JSON.stringify(created)}`;
    const { twelveLabs, call } = await serveTwelveLabs(() => ({ status: 201, text }));
    expect((await twelveLabs.openSession(request, call)).uploadId).toBe('u/1');
  });

  it('accepts 201 for a chunk (23/resumable.js#208)', async () => {
    const { twelveLabs, call } = await serveTwelveLabs(
      onPut({ status: 201, headers: { ETag: `"${etag}"` } }),
    );
    expect((await twelveLabs.sendChunk(session, chunk(1), body, call)).proof).toBe(etag);
  });

  it('sends a chunk again after a 200 whose body is an error (mldbai/mldb#322)', async () => {
    const text =
      '<?xml version="1.0"?>\n<Error xmlns="x"><Code>InternalError</Code><Message>m</Message></Error>';
    const { twelveLabs, call } = await serveTwelveLabs(
      onPut({ headers: { ETag: `"${etag}"` }, text }),
    );
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect(error).toMatchObject({
      name: 'ServiceUnavailableError',
      status: 200,
      origin: 'storage',
    });
  });

  it('keeps the session after a 408 for a chunk (divinevideo/divine-mobile#7050)', async () => {
    const { twelveLabs, call } = await serveTwelveLabs(onPut({ status: 408 }));
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect([error.name, error.scope]).toEqual(['ServiceUnavailableError', 'service']);
  });

  it('reads a Retry-After of seconds since 1970 (cloudfoundry/cloud_controller_ng#2544)', async () => {
    const at = Date.UTC(2026, 10, 21) / 1000 + 30;
    const { twelveLabs, call } = await serveTwelveLabs(() => ({
      status: 429,
      headers: { 'Retry-After': String(at), Date: 'Sat, 21 Nov 2026 00:00:00 GMT' },
    }));
    const error = await failureOf(twelveLabs.sessionStatus(session, call));
    expect(error).toMatchObject({ name: 'ThrottledError', retryAfterSeconds: 30 });
  });

  it('reads a Retry-After date from a clock that is an hour ahead', async () => {
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
  ])('reads an ETag that is sent %s', async (_, ETag) => {
    const { twelveLabs, call } = await serveTwelveLabs(onPut({ headers: { ETag } }));
    expect((await twelveLabs.sendChunk(session, chunk(1), body, call)).proof).toBe('a-1');
  });

  it('reads an X-RateLimit-Reset that is a delay (utksh1/SecuScan#1838)', async () => {
    const { twelveLabs, call } = await serveTwelveLabs(() => ({
      status: 429,
      headers: { 'X-RateLimit-Reset': '40', 'X-RateLimit-Remaining': '0' },
    }));
    expect((await failureOf(twelveLabs.sessionStatus(session, call))).retryAfterSeconds).toBe(40);
  });

  it('reads an error that is a text and not an object (buildinternet/uploads#46)', async () => {
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

  it('reads headers in any letter case (transloadit/uppy#6567)', async () => {
    const upload_headers = { 'content-type': 'video/mp4', 'USER-AGENT': 'signed/1' };
    const { twelveLabs, received, call } = await serveTwelveLabs(({ path }) =>
      path.endsWith('/multipart-uploads')
        ? { status: 201, json: { ...created, upload_headers } }
        : undefined,
    );
    const opened = await twelveLabs.openSession(request, call);
    await twelveLabs.sendChunk(opened, chunk(1), body, call);
    expect(received.at(-1)?.headers).toMatchObject({
      'content-type': 'video/mp4',
      'user-agent': 'signed/1',
    });
  });
});

describe('a stored chunk', () => {
  it("counts by its ETag even if the reply's body is damaged", async () => {
    const headers = { ETag: `"${etag}"`, 'Content-Encoding': 'gzip' };
    const { twelveLabs, call } = await serveTwelveLabs(({ method }) =>
      method === 'PUT' ? { headers, text: 'ok' } : undefined,
    );
    expect((await twelveLabs.sendChunk(session, chunk(1), body, call)).proof).toBe(etag);
  });
});

describe('a service with a late reply', () => {
  /** Makes a call whose reply waits for `release`. */
  async function askLate(ask: (served: ServedTwelveLabs) => Promise<unknown>) {
    const held = Promise.withResolvers<void>();
    const served = await serveTwelveLabs((received, count) => ({
      ...usualReply(received, count),
      after: held.promise,
    }));
    const asked = ask(served);
    await expect.poll(() => served.received.length).toBe(1);
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
      'accepts a report',
      ({ twelveLabs, call }: ServedTwelveLabs) => twelveLabs.reportProofs(session, [proof], call),
    ],
    [
      110,
      'returns a status',
      ({ twelveLabs, call }: ServedTwelveLabs) => twelveLabs.sessionStatus(session, call),
    ],
  ])('after %i s still %s', async (seconds, _, ask) => {
    const { asked, clock, release } = await askLate(ask);
    clock.advance(seconds * 1000);
    release();
    await expect(asked).resolves.toBeDefined();
  });

  it('has five minutes to open a session', async () => {
    const { asked, clock } = await askLate(({ twelveLabs, call }) =>
      twelveLabs.openSession(request, call),
    );
    clock.advance(300_000);
    expect((await failureOf(asked)).name).toBe('CreateReplyLostError');
  });

  it("leaves a lost reply if the function's time ends earlier", async () => {
    const stop = new AbortController();
    const { asked } = await askLate(({ twelveLabs }) =>
      twelveLabs.openSession(request, { signal: stop.signal }),
    );
    stop.abort(new TransferError('RequestTimeoutError', "the function's time is up"));
    expect((await failureOf(asked)).name).toBe('CreateReplyLostError');
  });
});

describe('a 404 or 410 from another server', () => {
  const pages = [
    'default backend - 404',
    '<html><body>404 page not found</body></html>',
    '"not found"',
    '[]',
  ];

  it.each(pages)('means a gateway without a server: %j', async (text) => {
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

  it.each(pages)('is also transient at the upload host: %j', async (text) => {
    const { twelveLabs, call } = await serveTwelveLabs(({ method }) =>
      method === 'PUT' ? { status: 404, text } : undefined,
    );
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect(error).toMatchObject({ name: 'ServiceUnavailableError', origin: 'storage' });
  });

  it.each(['', ' ', '{}', '{"error":"gone"}'])('is final with the body %j', async (text) => {
    const { twelveLabs, call } = await serveTwelveLabs(() => ({ status: 404, text }));
    expect((await twelveLabs.sessionStatus(session, call)).phase).toBe('expired');
    expect((await twelveLabs.assetStatus('a1', call)).phase).toBe('missing');
  });
});
