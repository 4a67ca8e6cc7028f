import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { userAgent } from '#src/core/product.ts';
import {
  type Answer,
  apiKey,
  baseUrl,
  created,
  createdWith,
  failureOf,
  request,
  scriptTwelveLabs,
} from './scripted.ts';

function open(answer: Answer | (() => Answer)) {
  const scripted = scriptTwelveLabs(() => (typeof answer === 'function' ? answer() : answer));
  return { ...scripted, opened: scripted.twelveLabs.openSession(request, scripted.call) };
}

describe('opening a session', () => {
  it('posts the file and no unset option', async () => {
    const { opened, sent } = open(createdWith({}));
    await opened;
    expect(sent).toEqual([
      {
        method: 'POST',
        url: `${baseUrl}/assets/multipart-uploads`,
        headers: {
          'x-api-key': apiKey,
          accept: 'application/json',
          'accept-encoding': 'identity',
          'user-agent': userAgent,
          'content-type': 'application/json',
        },
        body: { filename: 'film.mp4', type: 'video', total_size: 104_857_600 },
        signal: expect.any(AbortSignal),
        replyTimeoutMs: 300_000,
      },
    ]);
  });

  it('sends metadata, HLS and thumbnail', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(() => createdWith({}));
    const asked = { userMetadata: { a: 'b', n: 1 }, enableHls: true, enableThumbnail: false };
    await twelveLabs.openSession({ ...request, options: asked }, call);
    expect(sent[0]?.body).toMatchObject({
      user_metadata: { a: 'b', n: 1 },
      enable_hls: true,
      enable_thumbnail: false,
    });
  });

  it('quotes the error that a 200 holds in the place of a session', async () => {
    const json = { error: { code: 'quota', message: `${apiKey} has no minutes left` } };
    const error = await failureOf(open({ status: 200, json }).opened);
    expect(error.message).toMatch(/The service says: .*has no minutes left/);
    expect(error.message).not.toContain(apiKey);
  });

  it('returns the session without any URL', async () => {
    const session = await open(createdWith({})).opened;
    expect(session).toEqual({
      uploadId: 'u/1',
      assetId: 'a1',
      chunkSizeBytes: 5_242_880,
      totalChunks: 20,
      expiresAt: Date.UTC(2026, 10, 22),
      details: created.upload_headers,
    });
  });

  it.each([
    ['with an offset', '2026-11-22T02:00:00+02:00'],
    ['with a long fraction', '2026-11-22T00:00:00.000000000Z'],
    ['without an offset, as UTC', '2026-11-22T00:00:00'],
    ['as a day', '2026-11-22'],
  ])('reads an expiry %s', async (_, expires_at) => {
    const session = await open(createdWith({ expires_at })).opened;
    expect(session.expiresAt).toBe(Date.UTC(2026, 10, 22));
  });

  it.each([undefined, null, '', 'soon', 12])(
    'assumes 24 h for an expiry of %j',
    async (expires_at) => {
      const { opened, clock } = open(createdWith({ expires_at }));
      expect((await opened).expiresAt).toBe(clock.now() + 24 * 3600 * 1000);
    },
  );

  it.each([undefined, null, {}])('reads upload headers of %j as empty', async (upload_headers) => {
    expect((await open(createdWith({ upload_headers })).opened).details).toEqual({});
  });
});

describe('the reply to openSession is rejected', () => {
  it.each([
    ['upload_id', { upload_id: undefined }],
    ['upload_id', { upload_id: '' }],
    ['upload_id', { upload_id: null }],
    ['asset_id', { asset_id: 7 }],
    ['chunk_size', { chunk_size: 0 }],
    ['chunk_size', { chunk_size: 1.5 }],
    ['chunk_size', { chunk_size: '5 MiB' }],
    ['chunk_size', { chunk_size: null }],
    ['total_chunks', { total_chunks: -1 }],
    ['upload_headers.Content-Type', { upload_headers: { 'Content-Type': {} } }],
  ])('with the name of %s if it is invalid: %j', async (field, changes) => {
    const error = await failureOf(open(createdWith(changes)).opened);
    expect([error.name, error.message]).toEqual([
      'ProtocolViolationError',
      expect.stringContaining(`"${field}"`),
    ]);
  });

  it('if the chunks do not cover the object', async () => {
    const error = await failureOf(open(createdWith({ total_chunks: 19 })).opened);
    expect([error.name, error.message]).toEqual([
      'ProtocolViolationError',
      'Invalid plan from TwelveLabs: "19" chunks of 5242880 bytes for 104857600 bytes must be 20.',
    ]);
  });

  it('if it has more chunks than a plan can hold', async () => {
    const error = await failureOf(open(createdWith({ chunk_size: 1, total_chunks: null })).opened);
    expect([error.name, error.message]).toEqual([
      'ProtocolViolationError',
      'Invalid plan from TwelveLabs: "104857600" chunks of 1 bytes for 104857600 bytes must be 104857600 and at most 10000000.',
    ]);
  });

  it.each(['X-Api-Key', 'Cookie', 'Authorization', 'bad name', ''])(
    'if it requires the header %j with chunks',
    async (name) => {
      const error = await failureOf(
        open(createdWith({ upload_headers: { [name]: 'CANARY' } })).opened,
      );
      expect([error.name, error.message]).toEqual([
        'ProtocolViolationError',
        `Invalid upload_headers from TwelveLabs: ${JSON.stringify(name)} must not be sent with a chunk.`,
      ]);
    },
  );

  it.each(['a\r\nx: CANARY', 'a\u0000CANARY', 'CANARYé'])(
    'if it requires the header value %j, which the message omits',
    async (value) => {
      const error = await failureOf(open(createdWith({ upload_headers: { 'x-a': value } })).opened);
      expect(error.name).toBe('ProtocolViolationError');
      expect(error.message).not.toContain('CANARY');
    },
  );
});

describe('a lost reply to openSession', () => {
  const fails = (name: 'NetworkError' | 'RequestTimeoutError', code: string) => () => {
    throw new TransferError(name, `POST api.example.test: no usable reply (${code})`, {
      cause: Object.assign(new Error(code), { code }),
    });
  };

  it.each([
    ['a reset', fails('NetworkError', 'ECONNRESET')],
    ['a timeout', fails('RequestTimeoutError', 'UND_ERR_HEADERS_TIMEOUT')],
    ['a 500', { status: 500, json: { code: 'internal_server_error', message: 'oops' } }],
    ['a 502 of a proxy', { status: 502, text: '<html><h1>Bad Gateway</h1></html>' }],
    ['a 504', { status: 504 }],
    ['a 507', { status: 507 }],
    ['a 408', { status: 408, json: { code: 'request_canceled_or_timed_out', message: 'x' } }],
    ['a 201 that is empty', { status: 201 }],
    ['a 201 that was cut off', { status: 201, text: '{"upload_id":"u1",' }],
    ['a 200 of a proxy', { status: 200, text: '<html>login</html>' }],
    ['a 201 that is no object', { status: 201, text: '[]' }],
  ])('is CreateReplyLostError after %s', async (_, answer) => {
    const { opened, sent } = open(answer);
    expect(await failureOf(opened)).toMatchObject({
      name: 'CreateReplyLostError',
      origin: 'service',
    });
    expect(sent).toHaveLength(1);
  });

  it('is CreateReplyLostError after an abort during the call', async () => {
    const stop = new AbortController();
    const reason = new TransferError('FencedOutError', 'stop');
    const { twelveLabs } = scriptTwelveLabs(() => {
      stop.abort(reason);
      throw reason;
    });
    const error = await failureOf(twelveLabs.openSession(request, { signal: stop.signal }));
    expect([error.name, error.cause]).toEqual(['CreateReplyLostError', reason]);
  });

  it("retains the service's retry time", async () => {
    const { opened } = open({ status: 500, headers: { 'retry-after': '12' } });
    expect((await failureOf(opened)).retryAfterSeconds).toBe(12);
  });

  it.each(['ConfigurationError', 'UploadHostRejectedError'] as const)(
    'is not assumed after %s: nothing was sent',
    async (name) => {
      const rejection = new TransferError(name, 'the proxy requires credentials (407)');
      const { opened } = open(() => {
        throw rejection;
      });
      expect((await failureOf(opened)).name).toBe(name);
    },
  );

  it.each(['ECONNREFUSED', 'ENOTFOUND'])(
    'is not assumed after %s: nothing was sent',
    async (code) => {
      const error = await failureOf(open(fails('NetworkError', code)).opened);
      expect(error).toMatchObject({ name: 'NetworkError', origin: 'service', cause: { code } });
    },
  );

  it('is not assumed after an abort before the call: nothing was sent', async () => {
    const { twelveLabs, sent } = scriptTwelveLabs(() => createdWith({}));
    const reason = new TransferError('FencedOutError', 'stop');
    const opened = twelveLabs.openSession(request, { signal: AbortSignal.abort(reason) });
    await expect(opened).rejects.toBe(reason);
    expect(sent).toEqual([]);
  });
});

describe('a rejected openSession', () => {
  it.each([
    [400, { code: 'parameter_invalid', message: 'total_size too large' }, 'RequestRejectedError'],
    [403, { code: 'api_not_allowed', message: 'ask sales' }, 'ApiNotAllowedError'],
    [403, { code: 'read_not_allowed', message: 'not yours' }, 'RequestRejectedError'],
    [404, { code: 'resource_not_exist', message: 'no such path' }, 'RequestRejectedError'],
    [413, {}, 'RequestRejectedError'],
    [429, { code: 'too_many_requests', message: 'slow down' }, 'ThrottledError'],
    [409, { code: 'conflict', message: 'busy' }, 'ServiceUnavailableError'],
    [423, {}, 'ServiceUnavailableError'],
    [425, {}, 'ServiceUnavailableError'],
    [503, { code: 'unavailable', message: 'back soon' }, 'ServiceUnavailableError'],
    [501, {}, 'RequestRejectedError'],
    [505, {}, 'RequestRejectedError'],
  ])("with %i %j has the service's text in its message", async (status, body, name) => {
    const error = await failureOf(open({ status, json: body }).opened);
    expect([error.name, error.status, error.origin]).toEqual([name, status, 'service']);
    expect(error.message).toContain(
      `opening an upload session with ${[status, ...('code' in body ? [`${body.code}: ${body.message}`] : [])].join(' ')}`,
    );
  });

  it("with a proxy's 503 page created nothing either", async () => {
    const text = '<html><h1>503 Service Temporarily Unavailable</h1></html>';
    const error = await failureOf(
      open({ status: 503, text, headers: { 'retry-after': '12' } }).opened,
    );
    expect(error).toMatchObject({ name: 'ServiceUnavailableError', retryAfterSeconds: 12 });
  });

  it("with a redirect names the target's host and no other part of its URL", async () => {
    const location = 'https://other.example.test/v1.3?token=CANARY';
    const error = await failureOf(open({ status: 301, headers: { location } }).opened);
    expect([error.name, error.message]).toEqual([
      'RequestRejectedError',
      'opening an upload session was redirected (301) to other.example.test, which is not followed',
    ]);
  });

  it('shows no key and no URL that the service repeats', async () => {
    const message = `key ${apiKey} for https://u.example/x?sig=CANARYURL`;
    const error = await failureOf(open({ status: 400, json: { code: 'c', message } }).opened);
    expect(inspect(error, { depth: 10 })).not.toContain('CANARY');
    expect(error.message).toContain('400 c: key … for https://u.example/…');
  });
});
