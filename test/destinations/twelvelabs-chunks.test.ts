import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors.ts';
import { userAgent } from '#src/core/product.ts';
import { holdClock } from '../http/http-server.ts';
import {
  type Answer,
  baseUrl,
  bodyOf,
  chunk,
  etag,
  failureOf,
  type Script,
  type Sent,
  scriptTwelveLabs,
  session,
} from './twelvelabs-scripted.ts';

const body = bodyOf(new Uint8Array([1, 2, 3]));
const urlsPath = `${baseUrl}/assets/multipart-uploads/u%2F1/presigned-urls`;
const stored: Answer = { headers: { etag: `"${etag}"` } };
const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** A service that gives a new URL for each chunk at each asking, and takes every PUT. */
function freshUrls(lifetimeMs = 3600_000, put: (sent: Sent) => Answer = () => stored): Script {
  let serial = 0;
  return (sent) => {
    if (sent.method === 'PUT') return put(sent);
    const { start, count } = sent.body as { start: number; count: number };
    const expires_at = new Date(holdClock().now() + lifetimeMs).toISOString();
    const upload_urls = range(start, start + count - 1).map((chunk_index) => ({
      chunk_index,
      url: `https://s3.example.test/c/${chunk_index}?sig=CANARY${++serial}`,
      expires_at,
    }));
    return { json: { upload_urls } };
  };
}

const spans = (sent: Sent[]) => sent.filter(({ method }) => method === 'POST').map((s) => s.body);
const puts = (sent: Sent[]) => sent.filter(({ method }) => method === 'PUT');

describe('preparing chunks', () => {
  it('asks for each run of consecutive chunks in one call, and for no chunk between runs', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, [7, 3, 4, 12, 5], call);
    expect(sent.map(({ url, body }) => [url, body])).toEqual([
      [urlsPath, { start: 3, count: 3 }],
      [urlsPath, { start: 7, count: 1 }],
      [urlsPath, { start: 12, count: 1 }],
    ]);
  });

  it('asks for at most 50 in a call and for nothing between distant ones', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, [...range(1, 51), 500], call);
    expect(spans(sent)).toEqual([
      { start: 1, count: 50 },
      { start: 51, count: 1 },
      { start: 500, count: 1 },
    ]);
  });

  it('asks again only for those without a usable URL', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, [1, 2, 3], call);
    await twelveLabs.sendChunk(session, chunk(2), body, call);
    await twelveLabs.prepareChunks(session, [1, 2, 3], call);
    expect(spans(sent)).toEqual([
      { start: 1, count: 3 },
      { start: 2, count: 1 },
    ]);
  });

  it('asks for nothing when there is nothing to send', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, [], call);
    expect(sent).toEqual([]);
  });

  it.each([
    ['upload_urls', { upload_urls: 'none' }],
    ['upload_urls.0.url', { upload_urls: [{ chunk_index: 1, url: 'javascript:CANARY' }] }],
    ['upload_urls.0.url', { upload_urls: [{ chunk_index: 1, url: 'https://h/a CANARY' }] }],
    ['upload_urls.0.chunk_index', { upload_urls: [{ chunk_index: 0, url: 'https://h/CANARY' }] }],
  ])('refuses an answer with a bad %s', async (field, json) => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ json }));
    const error = await failureOf(twelveLabs.prepareChunks(session, [1], call));
    expect([error.name, error.message]).toEqual([
      'ProtocolViolationError',
      expect.stringContaining(`has a bad ${field} `),
    ]);
    expect(inspect(error, { depth: 10 })).not.toContain('CANARY');
  });

  it('refuses an address that is not https', async () => {
    const json = { upload_urls: [{ chunk_index: 1, url: 'http://s3.example.test/c?CANARY' }] };
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ json }));
    const error = await failureOf(twelveLabs.prepareChunks(session, [1], call));
    expect([error.name, error.message]).toEqual([
      'ProtocolViolationError',
      'TwelveLabs gave a presigned URL at s3.example.test that is not https',
    ]);
  });

  it('takes an address that is not https where that is allowed', async () => {
    const json = { upload_urls: [{ chunk_index: 1, url: 'http://s3.example.test/c' }] };
    const options = { allowInsecureUploads: true };
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ json }), options);
    await expect(twelveLabs.prepareChunks(session, [1], call)).resolves.toBeUndefined();
  });
});

describe('a presigned URL', () => {
  it('is used once, however often a chunk is sent', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, range(1, 5), call);
    const rounds = [...range(1, 5), ...range(1, 5), ...range(1, 5)];
    await Promise.all(rounds.map((n) => twelveLabs.sendChunk(session, chunk(n), body, call)));
    expect(new Set(puts(sent).map(({ url }) => url)).size).toBe(15);
  });

  it('is fetched alone for a chunk that has none', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.sendChunk(session, chunk(9), body, call);
    expect(spans(sent)).toEqual([{ start: 9, count: 1 }]);
  });

  it('belongs to its session', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, [1], call);
    await twelveLabs.sendChunk({ ...session, uploadId: 'u2' }, chunk(1), body, call);
    expect(spans(sent)).toHaveLength(2);
  });

  it.each([
    ['a second more than the margin', 61_000, 1],
    ['the margin', 60_000, 2],
    ['no time at all', 0, 2],
  ])('that has %s left needs %i ms: calls %i', async (_, leftMs, calls) => {
    const { twelveLabs, sent, clock, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, [1], call);
    clock.advance(3600_000 - leftMs);
    await twelveLabs.sendChunk(session, chunk(1), body, call);
    expect(spans(sent)).toHaveLength(calls);
  });

  it('without an expiry lives for the documented hour', async () => {
    const json = { upload_urls: [{ chunk_index: 1, url: 'https://s3.example.test/c' }] };
    const { twelveLabs, sent, clock, call } = scriptTwelveLabs(({ method }) =>
      method === 'PUT' ? stored : { json },
    );
    await twelveLabs.prepareChunks(session, [1], call);
    clock.advance(3500_000);
    await twelveLabs.sendChunk(session, chunk(1), body, call);
    expect(spans(sent)).toHaveLength(1);
  });

  it('that was fetched just now is used even if it looks expired by our clock', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls(-3600_000));
    await twelveLabs.sendChunk(session, chunk(1), body, call);
    expect(puts(sent)).toHaveLength(1);
  });

  it('that the service gives a second time is not used a second time', async () => {
    const json = { upload_urls: [{ chunk_index: 1, url: 'https://s3.example.test/c?CANARY' }] };
    const { twelveLabs, sent, call } = scriptTwelveLabs(({ method }) =>
      method === 'PUT' ? stored : { json },
    );
    await twelveLabs.sendChunk(session, chunk(1), body, call);
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect([error.name, puts(sent).length]).toEqual(['PresignedUrlRejectedError', 1]);
    expect(error.message).not.toContain('CANARY');
  });

  it('that is not given is a violation, told by chunk', async () => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ json: { upload_urls: [] } }));
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(9), body, call));
    expect([error.name, error.message]).toEqual([
      'ProtocolViolationError',
      'TwelveLabs gave no presigned URL for chunk 9',
    ]);
  });
});

describe('sending a chunk', () => {
  it('sends exactly the headers of the session and the length, never the key', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.sendChunk(session, chunk(1), body, call);
    expect(puts(sent)[0]?.headers).toEqual({
      ...session.details,
      'user-agent': userAgent,
      'content-length': '3',
    });
  });

  it.each([
    [{}, 300_000],
    [{ uploadReplyMs: 7_000 }, 7_000],
  ])('with the options %j waits for its reply for %i ms', async (options, replyTimeoutMs) => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls(), options);
    await twelveLabs.sendChunk(session, chunk(1), body, call);
    expect(sent.map((one) => one.replyTimeoutMs)).toEqual([undefined, replyTimeoutMs]);
  });

  it.each([
    [`"${etag}"`, etag],
    [`W/"${etag}"`, etag],
    [etag, etag],
    [`"${etag}-2"`, `${etag}-2`],
  ])('answered by the ETag %s has the proof %s', async (header, proof) => {
    const put = () => ({ headers: { etag: header } });
    const { twelveLabs, call } = scriptTwelveLabs(freshUrls(undefined, put));
    expect(await twelveLabs.sendChunk(session, chunk(1), body, call)).toEqual({
      proof,
      evidence: 'etag',
      encryption: undefined,
      host: 's3.example.test',
    });
  });

  it("keeps the storage's word on its encryption", async () => {
    const headers = { etag: `"${etag}"`, 'x-amz-server-side-encryption': 'aws:kms' };
    const { twelveLabs, call } = scriptTwelveLabs(freshUrls(undefined, () => ({ headers })));
    const delivery = await twelveLabs.sendChunk(session, chunk(1), body, call);
    expect(delivery.encryption).toBe('aws:kms');
  });

  it.each([{}, { etag: '' }, { etag: '""' }, { etag: '"a b"' }])(
    'answered by the headers %j is sent again',
    async (headers) => {
      const { twelveLabs, call } = scriptTwelveLabs(freshUrls(undefined, () => ({ headers })));
      const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
      expect([error.name, error.message]).toEqual([
        'ChunkMismatchError',
        'chunk 1 at s3.example.test: the reply has no usable ETag',
      ]);
    },
  );

  const xml = (code: string, message = 'm') =>
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message><StringToSign>CANARY</StringToSign></Error>`;

  it.each([
    [403, xml('AccessDenied', 'Request has expired'), 'PresignedUrlRejectedError'],
    [403, xml('SignatureDoesNotMatch'), 'PresignedUrlRejectedError'],
    [403, '', 'PresignedUrlRejectedError'],
    [401, '', 'PresignedUrlRejectedError'],
    [400, xml('ExpiredToken', 'The provided token has expired.'), 'PresignedUrlRejectedError'],
    [400, xml('RequestTimeout'), 'ServiceUnavailableError'],
    [400, xml('IncompleteBody'), 'ServiceUnavailableError'],
    [400, xml('BadDigest'), 'ChunkMismatchError'],
    [400, xml('EntityTooLarge'), 'UploadRefusedError'],
    [404, xml('NoSuchUpload'), 'SessionExpiredError'],
    [408, '', 'ServiceUnavailableError'],
    [409, xml('OperationAborted'), 'ServiceUnavailableError'],
    [413, '', 'UploadRefusedError'],
    [423, '', 'ServiceUnavailableError'],
    [425, '', 'ServiceUnavailableError'],
    [429, '', 'ThrottledError'],
    [400, xml('ThrottlingException'), 'ThrottledError'],
    [501, xml('NotImplemented'), 'UploadRefusedError'],
    [505, '', 'UploadRefusedError'],
    [503, xml('SlowDown'), 'ThrottledError'],
    [503, xml('ServiceUnavailable'), 'ServiceUnavailableError'],
    [500, xml('InternalError'), 'ServiceUnavailableError'],
  ])('answered by %i %s is a %s error', async (status, text, name) => {
    const put = () => ({ status, text, headers: { 'retry-after': '4' } });
    const { twelveLabs, call } = scriptTwelveLabs(freshUrls(undefined, put));
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect([error.name, error.status, error.retryAfterSeconds]).toEqual([name, status, 4]);
    expect(error.side).toBe('storage');
    expect(error.message).toMatch(/^chunk 1 at s3\.example\.test: the storage answered \d{3}/);
    expect(inspect(error, { depth: 10 })).not.toContain('CANARY');
  });

  const movedTo = 'https://other.example.test/c?sig=CANARY';
  const endpoint =
    '<Error><Code>PermanentRedirect</Code><Endpoint>b.s3.eu-west-1.amazonaws.com</Endpoint></Error>';

  it.each([
    [307, { location: movedTo }, '', ' to other.example.test'],
    [308, { location: '/CANARY' }, '', ' to s3.example.test'],
    [301, {}, endpoint, ' to b.s3.eu-west-1.amazonaws.com'],
    [302, {}, '', ''],
    [302, { location: 'CANARY:x' }, '', ''],
  ])(
    'redirected by %i %j is refused with the host that it names',
    async (status, headers, text, host) => {
      const put = () => ({ status, text, headers });
      const { twelveLabs, call } = scriptTwelveLabs(freshUrls(undefined, put));
      const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
      expect([error.name, error.message]).toEqual([
        'UploadRefusedError',
        `chunk 1 at s3.example.test: redirected (${status})${host}, which is not followed`,
      ]);
    },
  );

  it('to a session that the service does not know is told as such', async () => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ status: 404 }));
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect(error.name).toBe('SessionExpiredError');
  });

  it('is not begun once its signal is aborted', async () => {
    const stop = new AbortController();
    const reason = new TransferError('FencedOutError', 'stop');
    const urls = freshUrls();
    const { twelveLabs, sent } = scriptTwelveLabs((request, count) => {
      stop.abort(reason);
      return urls(request, count);
    });
    const sending = twelveLabs.sendChunk(session, chunk(1), body, { signal: stop.signal });
    await expect(sending).rejects.toBe(reason);
    expect(puts(sent)).toEqual([]);
  });
});

describe('a storage that repeats what it was sent', () => {
  const token = 'FwoGZXIvYXdzEBYaDCANARYtoken+/==';
  const url = `https://s3.example.test/up/CANARYnonce/7?X-Amz-Signature=CANARYsignature&X-Amz-Security-Token=${encodeURIComponent(token)}`;
  const given: Script = (sent) => {
    if (sent.method !== 'PUT') return { json: { upload_urls: [{ chunk_index: 1, url }] } };
    return answers.shift() ?? stored;
  };
  const answers: Answer[] = [];

  it.each([
    ['by name', `<Error><Code>Bad</Code><Message>The token ${token} is bad</Message></Error>`],
    ['as a code', '<Error><Code>CANARYsignature</Code></Error>'],
    ['by its path', '<Error><Code>Bad</Code><Message>PUT /up/CANARYnonce/7</Message></Error>'],
    ['escaped', JSON.stringify({ code: 'Bad', message: url }).replaceAll('/', '\\/')],
    ['encoded twice', JSON.stringify({ message: encodeURIComponent(`no ${token}`) })],
  ])('%s is told without it', async (_, text) => {
    answers.push({ status: 403, text });
    const { twelveLabs, call } = scriptTwelveLabs(given);
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect(error.name).toBe('PresignedUrlRejectedError');
    expect(inspect(error, { depth: 10 })).not.toMatch(/CANARY|FwoG/);
  });

  it('in its ETag has no proof taken from it', async () => {
    answers.push({ headers: { etag: '"CANARYsignature"' } });
    const { twelveLabs, call } = scriptTwelveLabs(given);
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect(error.name).toBe('ChunkMismatchError');
    expect(inspect(error, { depth: 10 })).not.toContain('CANARY');
  });
});
