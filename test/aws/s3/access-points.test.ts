import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createS3Client } from '#src/aws/s3/client.ts';
import { createS3SourceReader } from '#src/aws/s3/source-reader.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import { startPlainServer, startProxy } from '../../http/proxies.ts';

const alias = `my-ap-${'a1'.repeat(17)}-s3alias`;

beforeEach(() => {
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY']) {
    vi.stubEnv(name, '');
    vi.stubEnv(name.toLowerCase(), '');
  }
  onTestFinished(() => void vi.unstubAllEnvs());
});

/** Creates a reader of S3 in us-east-1. */
function reader(endpoint?: string, forcePathStyle = false) {
  const agent = createAgent();
  onTestFinished(() => closeAgent(agent));
  const credentials = { accessKeyId: 'own', secretAccessKey: 'x' };
  const client = createS3Client({
    agent,
    region: 'us-east-1',
    credentials,
    endpoint,
    forcePathStyle,
  });
  return createS3SourceReader({ clientOf: () => client });
}

describe('an object of', () => {
  it.each([
    [
      'an access point',
      'arn:aws:s3:us-west-2:123456789012:accesspoint/my-ap',
      'my-ap-123456789012.s3-accesspoint.us-west-2.amazonaws.com',
    ],
    [
      "an access point of another partition's Region",
      'arn:aws-us-gov:s3:us-gov-east-1:123456789012:accesspoint:my-ap',
      undefined,
    ],
    ["an access point's alias", alias, `${alias}.s3.us-east-1.amazonaws.com`],
    ['a bucket from before March 2018', 'MyCompany_Media', 's3.us-east-1.amazonaws.com'],
    ['a bucket with dots', 'my.dotted.bucket', 's3.us-east-1.amazonaws.com'],
  ])("%s is requested from S3's host for it", async (_, bucket, host) => {
    const proxy = await startProxy({
      target: await startPlainServer(() => {}),
      onConnect: (socket) => socket.end(),
    });
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    const asking = reader().inspect({ bucket, key: 'film.mp4' });
    await expect(asking).rejects.toMatchObject({
      name: host ? 'SourceUnavailableError' : 'InvalidInputError',
    });
    expect(proxy.tunnels).toEqual(host ? [`${host}:443`] : []);
  });

  it('an access point is rejected with a message by an S3 with path-style buckets', async () => {
    const bucket = 'arn:aws:s3:us-west-2:123456789012:accesspoint/my-ap';
    const asking = reader('http://127.0.0.1:1', true).inspect({ bucket, key: 'film.mp4' });
    await expect(asking).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: expect.stringContaining('Path-style addressing cannot be used with ARN buckets'),
    });
  });

  it('an access point is pinned and read by its ARN', async () => {
    const target = await startPlainServer((request, response) => {
      const headers = { etag: '"e1"', 'content-length': '4' };
      const range = request.headers.range ? { 'content-range': 'bytes 0-3/4' } : {};
      response.writeHead(request.headers.range ? 206 : 200, { ...headers, ...range });
      response.end(request.method === 'HEAD' ? '' : 'film');
    });
    const proxy = await startProxy({ target });
    vi.stubEnv('HTTP_PROXY', proxy.url);
    const s3 = reader('http://s3.test');
    const bucket = 'arn:aws:s3:us-west-2:123456789012:accesspoint/my-ap';
    const source = await s3.inspect({ bucket, key: 'in/film.mp4' });
    const range = { start: 0, endInclusive: 3 };
    const pieces = [];
    for await (const bytes of s3.read(source, range, new AbortController().signal)) {
      pieces.push(bytes);
    }
    expect(Buffer.concat(pieces).toString()).toBe('film');
    expect(
      new Set(proxy.forwarded.map((url) => new URL(url).host + new URL(url).pathname)),
    ).toEqual(new Set(['my-ap-123456789012.s3.test/in/film.mp4']));
  });
});
