import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bufferContent, crcOf, digestOf, seededContent } from './content.ts';
import { type S3Double, startS3Double } from './s3-double.ts';

describe('seeded content', () => {
  const content = seededContent('seed', 1_000_003);
  const whole = Buffer.concat([...content.pieces(0, content.sizeBytes)]);

  it('has the requested size and the same bytes every time', () => {
    expect(whole.length).toBe(1_000_003);
    expect(digestOf(seededContent('seed', 1_000_003))).toBe(digestOf(content));
    expect(digestOf(seededContent('other', 1_000_003))).not.toBe(digestOf(content));
  });

  it.each([
    [0, 1],
    [262_143, 262_145],
    [5, 1_000_003],
    [524_288, 524_296],
  ])('has the same bytes from %i to %i from any start of the read', (start, end) => {
    const part = Buffer.concat([...content.pieces(start, end)]);
    expect(part.equals(whole.subarray(start, end))).toBe(true);
  });

  it('has no two equal blocks', () => {
    const block = 262_144;
    expect(digestOf(content, 'md5', 0, block)).not.toBe(digestOf(content, 'md5', block, 2 * block));
  });

  it.each([
    ['CRC32', 'cbf43926'],
    ['CRC32C', 'e3069283'],
    ['CRC64NVME', 'ae8b14860a799888'],
  ] as const)('has the %s that its definition gives as a check', async (algorithm, hex) => {
    const checked = await crcOf(bufferContent(Buffer.from('123456789')), algorithm);
    expect(Buffer.from(checked, 'base64').toString('hex')).toBe(hex);
  });
});

describe('the S3 double', () => {
  let double: S3Double;
  beforeAll(async () => {
    double = await startS3Double({ buckets: ['films'] });
    double.put('films', Buffer.from([0xff, 0x2f, 0x80]), Buffer.from('bytes'));
  });
  afterAll(() => double.close());

  const form =
    'AWS4-HMAC-SHA256 Credential=a/20261121/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=';
  const authorization = `${form}${'0'.repeat(64)}`;
  const statusOf = (
    path: string,
    method = 'GET',
    headers: Record<string, string> = { authorization },
  ) =>
    new Promise<number | undefined>((resolve, reject) => {
      const sent = request(double.endpoint, { path, method, headers }, (reply) => {
        reply.resume();
        resolve(reply.statusCode);
      });
      sent.on('error', reject).end();
    });

  it('finds a key of any bytes by its raw path', async () => {
    expect(await statusOf('/films/%FF/%80')).toBe(200);
  });

  it('normalises no path', async () => {
    expect(await statusOf('/films/x/../%FF/%80')).toBe(404);
  });

  it('rejects an unsigned request', async () => {
    expect(await statusOf('/films/%FF/%80', 'GET', {})).toBe(403);
  });

  it.each([
    ['writing', '/films/x', 'PUT'],
    ['listing', '/films?list-type=2', 'GET'],
  ])('supports no %s', async (_, path, method) => {
    expect(await statusOf(path, method)).toBe(501);
  });
});
