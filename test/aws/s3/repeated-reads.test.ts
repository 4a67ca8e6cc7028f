import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createS3Client } from '#src/aws/s3/client.ts';
import { createS3SourceReader } from '#src/aws/s3/source-reader.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import { closeAgent, createAgent, type HttpAgent } from '#src/http/undici.ts';
import { canaries } from '../../security/canaries/canaries.ts';
import { filmContent, middle, pinFilm, readFailure } from './pinned-film.ts';
import { digestAll, type S3Fixture, startS3 } from './s3-fixture.ts';

/*
 * The SDK sends the first GET of an object. Each further GET repeats it with another range. The double
 * checks every signature.
 */

const signal = new AbortController().signal;
const firstBytes = { start: 0, endInclusive: 9 };

describe('a repeated GET', () => {
  let s3: S3Fixture;
  beforeEach(async () => {
    s3 = await startS3({ buckets: ['films'], versionedBuckets: ['kept'] });
  });
  afterEach(() => s3.close());

  it.each([
    'plain.mp4',
    'with space+plus&and?query#hash.mp4',
    'a/../b/./c.mp4',
    '//double//slashes/',
    'näh 🎬.mp4',
    'line\nbreak\tand\u0001control.mp4',
    '%20%2F%already.mp4',
    '"quotes" \'single\' (parens)*!~.mp4',
    '=;:@,$[]{}|\\^`<>.mp4',
    'k'.repeat(1024),
  ])('is signed for the key %j and its version', async (key) => {
    const source = await pinFilm(s3, 'kept', key);
    for (const range of [firstBytes, middle, firstBytes]) await s3.readAll(source, range);
    const gets = s3.double.calls.filter(({ method }) => method === 'GET');
    expect(gets.map((get) => [get.status, get.key, get.versionId, get.ifMatch])).toEqual(
      Array.from({ length: 3 }, () => [206, key, source.versionId, `"${source.etag}"`]),
    );
  });

  it('pays for the read', async () => {
    s3.double.createBucket('paid', { requesterPays: true });
    s3.double.put('paid', 'film.mp4', filmContent);
    const film = { bucket: 'paid', key: 'film.mp4', requestPayer: true };
    const source = await s3.reader.inspect(film);
    for (const range of [firstBytes, middle]) await s3.readAll(source, range);
    expect(s3.double.calls.map(({ requestPayer }) => requestPayer)).toEqual([
      'requester',
      'requester',
      'requester',
    ]);
  });

  it('fails once after a jump of the clock, and then uses S3’s time', async () => {
    const source = await pinFilm(s3);
    await s3.readAll(source, middle);
    s3.double.clockAheadMs = 20 * 60_000;
    expect(await readFailure(s3.reader, source)).toMatchObject({
      name: 'SourceUnavailableError',
      message: expect.stringContaining("clock differs from S3's"),
    });
    await s3.readAll(source, middle);
    await s3.readAll(source, middle);
  });

  it('throws the signal’s reason', async () => {
    const source = await pinFilm(s3);
    await s3.readAll(source, middle);
    const [reason, abort] = [new Error('enough'), new AbortController()];
    s3.double.fail({ kind: 'stall', afterBytes: -1 });
    const reading = digestAll(s3.reader.read(source, middle, abort.signal));
    await vi.waitFor(() => expect(s3.double.count('GET')).toBe(2));
    abort.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });
});

describe('on the wire, a repeated GET', () => {
  interface Sent {
    readonly url: string | undefined;
    readonly headers: IncomingHttpHeaders;
  }

  const source: SourceObject = {
    bucket: 'films',
    key: 'a b/ü+%20.mp4',
    versionId: 'v+1/=',
    etag: 'e',
    sizeBytes: 1_000,
    requestPayer: true,
  };
  const token = 'a/session+token==';
  const keys = { accessKeyId: 'first-key', secretAccessKey: canaries.secretAccessKey as string };

  let sent: Sent[];
  let server: Server;
  let agent: HttpAgent;
  beforeEach(async () => {
    sent = [];
    server = createServer((request, response) => {
      sent.push({ url: request.url, headers: request.headers });
      const [, start = '0', end = '0'] = /(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
      response.writeHead(206, {
        etag: '"e"',
        'x-amz-version-id': source.versionId,
        'content-range': `bytes ${start}-${end}/1000`,
      });
      response.end(Buffer.alloc(Number(end) - Number(start) + 1));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    agent = createAgent();
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await closeAgent(agent);
    server.close();
  });

  const readerWith = (credentials: () => Promise<object>) => {
    const { port } = server.address() as AddressInfo;
    const client = createS3Client({
      agent,
      endpoint: `http://127.0.0.1:${port}`,
      forcePathStyle: true,
      region: 'eu-west-1',
      credentials: credentials as never,
    });
    return createS3SourceReader({ clientOf: () => client });
  };

  /** Headers that name one request. */
  const ofOne = /^(authorization|x-amz-date|range|amz-sdk-.*)$/;
  const others = ({ headers }: Sent) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => !ofOne.test(name)));
  const scopeOf = ({ headers }: Sent) =>
    headers.authorization?.replace(/\/\d{8}\/|(?<=Signature=)\w+|amz-sdk-[\w-]+;/g, '');

  it('equals the GET of the SDK apart from range, time and signature', async () => {
    const reader = readerWith(async () => ({ ...keys, sessionToken: token }));
    for (const start of [0, 10, 20]) {
      await digestAll(reader.read(source, { start, endInclusive: start + 9 }, signal));
    }
    const [first, ...repeated] = sent as [Sent, ...Sent[]];
    expect(repeated.map(({ headers }) => headers.range)).toEqual(['bytes=10-19', 'bytes=20-29']);
    for (const one of repeated) {
      expect(one.url).toBe(first.url);
      expect(others(one)).toEqual(others(first));
      expect(scopeOf(one)).toBe(scopeOf(first));
      expect(Object.keys(one.headers).filter((name) => name.startsWith('amz-sdk'))).toEqual([]);
    }
    expect(first.headers).toMatchObject({
      'x-amz-security-token': token,
      'x-amz-request-payer': 'requester',
      'if-match': '"e"',
    });
  });

  it('uses the credentials of now, also those without a session', async () => {
    const expiration = new Date(Date.now() + 60_000);
    const used = [
      { ...keys, sessionToken: token, expiration },
      { ...keys, accessKeyId: 'second-key' },
    ];
    const reader = readerWith(async () => used.shift() ?? { ...keys, accessKeyId: 'second-key' });
    for (const start of [0, 10, 20]) {
      await digestAll(reader.read(source, { start, endInclusive: start + 9 }, signal));
    }
    const last = sent.at(-1);
    expect(last?.headers.authorization).toContain('Credential=second-key/');
    expect(last?.headers['x-amz-security-token']).toBeUndefined();
  });

  it('has the trace of the present invocation', async () => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'SendChunks');
    const reader = readerWith(async () => keys);
    for (const trace of ['Root=1-a', 'Root=1-b']) {
      vi.stubEnv('_X_AMZN_TRACE_ID', trace);
      await digestAll(reader.read(source, firstBytes, signal));
    }
    expect(sent.map(({ headers }) => headers['x-amzn-trace-id'])).toEqual(['Root=1-a', 'Root=1-b']);
  });
});
