import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { userAgent } from '#src/core/product.ts';
import { freshUrls, puts, stored } from './fresh-urls.ts';
import {
  type Answer,
  body,
  chunk,
  etag,
  failureOf,
  type Script,
  scriptTwelveLabs,
  session,
} from './scripted.ts';

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
  ])('with the options %j waits %i ms for its reply', async (options, replyTimeoutMs) => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls(), options);
    await twelveLabs.sendChunk(session, chunk(1), body, call);
    expect(sent.map((one) => one.replyTimeoutMs)).toEqual([120_000, replyTimeoutMs]);
  });

  it.each([
    [`"${etag}"`, etag],
    [`W/"${etag}"`, etag],
    [etag, etag],
    [`"${etag}-2"`, `${etag}-2`],
  ])('with the ETag %s in the reply has the proof %s', async (header, proof) => {
    const put = () => ({ headers: { etag: header } });
    const { twelveLabs, call } = scriptTwelveLabs(freshUrls(undefined, put));
    expect(await twelveLabs.sendChunk(session, chunk(1), body, call)).toEqual({
      proof,
      evidence: 'etag',
      encryption: undefined,
      host: 's3.example.test',
    });
  });

  it("returns the storage's encryption", async () => {
    const headers = { etag: `"${etag}"`, 'x-amz-server-side-encryption': 'aws:kms' };
    const { twelveLabs, call } = scriptTwelveLabs(freshUrls(undefined, () => ({ headers })));
    const delivery = await twelveLabs.sendChunk(session, chunk(1), body, call);
    expect(delivery.encryption).toBe('aws:kms');
  });

  it.each([{}, { etag: '' }, { etag: '""' }, { etag: '"a b"' }])(
    'with the headers %j in the reply is retryable',
    async (headers) => {
      const { twelveLabs, call } = scriptTwelveLabs(freshUrls(undefined, () => ({ headers })));
      const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
      expect([error.name, error.message]).toEqual([
        'ChunkMismatchError',
        'Invalid reply to chunk 1 at s3.example.test: it has no usable ETag.',
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
    [400, xml('EntityTooLarge'), 'UploadRejectedError'],
    [404, xml('NoSuchUpload'), 'SessionExpiredError'],
    [408, '', 'ServiceUnavailableError'],
    [409, xml('OperationAborted'), 'ServiceUnavailableError'],
    [413, '', 'UploadRejectedError'],
    [423, '', 'ServiceUnavailableError'],
    [304, '', 'ServiceUnavailableError'],
    [425, '', 'ServiceUnavailableError'],
    [429, '', 'ThrottledError'],
    [400, xml('ThrottlingException'), 'ThrottledError'],
    [400, xml('RequestThrottled'), 'ThrottledError'],
    [400, xml('ProvisionedThroughputExceededException'), 'ThrottledError'],
    [400, xml('BandwidthLimitExceeded'), 'ThrottledError'],
    [403, xml('KMS.ThrottlingException'), 'ThrottledError'],
    [400, xml('RequestTimeoutException'), 'ServiceUnavailableError'],
    [400, xml('KMS.KMSInternalException'), 'ServiceUnavailableError'],
    [200, xml('InternalError'), 'ServiceUnavailableError'],
    [200, xml('SlowDown'), 'ThrottledError'],
    [200, xml('NoSuchUpload'), 'SessionExpiredError'],
    [200, xml('Unheard'), 'ServiceUnavailableError'],
    [501, xml('NotImplemented'), 'UploadRejectedError'],
    [505, '', 'UploadRejectedError'],
    [503, xml('SlowDown'), 'ThrottledError'],
    [503, xml('ServiceUnavailable'), 'ServiceUnavailableError'],
    [500, xml('InternalError'), 'ServiceUnavailableError'],
  ])('with a reply of %i %s is a %s error', async (status, text, name) => {
    const put = () => ({ status, text, headers: { 'retry-after': '4', etag } });
    const { twelveLabs, call } = scriptTwelveLabs(freshUrls(undefined, put));
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect([error.name, error.status, error.retryAfterSeconds]).toEqual([name, status, 4]);
    expect(error.origin).toBe('storage');
    expect(error.message).toMatch(/^chunk 1 at s3\.example\.test: the storage returned \d{3}/);
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
    "with a redirect of %i %j is rejected with the redirect's host",
    async (status, headers, text, host) => {
      const put = () => ({ status, text, headers });
      const { twelveLabs, call } = scriptTwelveLabs(freshUrls(undefined, put));
      const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
      expect([error.name, error.message]).toEqual([
        'UploadRejectedError',
        `chunk 1 at s3.example.test: redirected (${status})${host}, which is not followed`,
      ]);
    },
  );

  it('to an unknown session causes SessionExpiredError', async () => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ status: 404 }));
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect(error.name).toBe('SessionExpiredError');
  });

  it('does not start after an abort', async () => {
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

describe('a storage that repeats the request', () => {
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
  ])('%s is reported without the repeated value', async (_, text) => {
    answers.push({ status: 403, text });
    const { twelveLabs, call } = scriptTwelveLabs(given);
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect(error.name).toBe('PresignedUrlRejectedError');
    expect(inspect(error, { depth: 10 })).not.toMatch(/CANARY|FwoG/);
  });

  it('in its ETag yields no proof', async () => {
    answers.push({ headers: { etag: '"CANARYsignature"' } });
    const { twelveLabs, call } = scriptTwelveLabs(given);
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect(error.name).toBe('ChunkMismatchError');
    expect(inspect(error, { depth: 10 })).not.toContain('CANARY');
  });
});
