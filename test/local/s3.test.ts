import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localCredentials } from '#local/emulators/local-account.ts';
import { type S3Emulator, startS3 } from '#local/emulators/s3.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * i) % 251));

let directory: string;
let s3: S3Emulator;
let client: S3Client;

function clientOf(url: string, secretAccessKey: string = localCredentials.secretAccessKey) {
  return new S3Client({
    endpoint: url,
    region: 'us-east-1',
    credentials: { ...localCredentials, secretAccessKey },
    maxAttempts: 1,
  });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chunkferry-test-'));
  s3 = await startS3({ directory: join(directory, 'objects'), buckets: ['media'] });
  client = clientOf(s3.url);
});

afterAll(async () => {
  client.destroy();
  await s3.close();
  await rm(directory, { recursive: true });
});

const head = (Key: string) => client.send(new HeadObjectCommand({ Bucket: 'media', Key }));

async function read(Key: string, Range?: string) {
  const reply = await client.send(new GetObjectCommand({ Bucket: 'media', Key, Range }));
  return { ...reply, bytes: (await reply.Body?.transformToByteArray()) ?? new Uint8Array() };
}

async function fileWith(content: Uint8Array, name = 'film.mp4'): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

describe('an object stored through the API', () => {
  it('has all bytes of a stream, and its type', async () => {
    await s3.putStream('media', 'a b/c+é.mp4', Readable.from([bytes]), bytes.length, 'video/mp4');
    expect(await head('a b/c+é.mp4')).toMatchObject({ ContentType: 'video/mp4' });
    expect(sha256((await read('a b/c+é.mp4')).bytes)).toBe(sha256(bytes));
  });

  it('has all bytes of a file', async () => {
    await s3.putFile('media', 'from-file.mp4', await fileWith(bytes));
    expect(sha256((await read('from-file.mp4')).bytes)).toBe(sha256(bytes));
  });

  it('supports ranges, including only the first byte', async () => {
    await s3.putStream('media', 'ranges', Readable.from([bytes]), bytes.length);
    const first = await read('ranges', 'bytes=0-0');
    expect(first.ContentRange).toBe(`bytes 0-0/${bytes.length}`);
    expect(Buffer.from(first.bytes)).toEqual(bytes.subarray(0, 1));
    const middle = await read('ranges', 'bytes=500-999');
    expect(sha256(middle.bytes)).toBe(sha256(bytes.subarray(500, 1000)));
  });
});

describe('a linked file', () => {
  it('has the bytes, size and type of the file', async () => {
    await s3.linkFile('media', 'linked/film.mp4', await fileWith(bytes), 'video/mp4');
    expect(await head('linked/film.mp4')).toMatchObject({
      ContentLength: bytes.length,
      ContentType: 'video/mp4',
      // A service that compares MD5 sums would get the ETag of an MD5's form as one.
      ETag: expect.stringMatching(/^"file-[0-9a-f]{32}"$/),
    });
    expect(sha256((await read('linked/film.mp4')).bytes)).toBe(sha256(bytes));
  });

  it('keeps its ETag while the file is unchanged, also with a new link', async () => {
    const path = await fileWith(bytes, 'same.mp4');
    await s3.linkFile('media', 'same.mp4', path);
    const { ETag } = await head('same.mp4');
    await s3.linkFile('media', 'same.mp4', path);
    expect((await head('same.mp4')).ETag).toBe(ETag);
  });

  it('changes its ETag when the file is overwritten with the same length', async () => {
    const path = await fileWith(bytes, 'changing.mp4');
    await s3.linkFile('media', 'changing.mp4', path);
    const before = await read('changing.mp4', 'bytes=0-99');
    await fileWith(Buffer.alloc(bytes.length, 7), 'changing.mp4');
    const after = await read('changing.mp4', 'bytes=100-199');
    expect(after.ETag).not.toBe(before.ETag);
  });

  it('is missing after the file is removed', async () => {
    const path = await fileWith(bytes, 'gone.mp4');
    await s3.linkFile('media', 'gone.mp4', path);
    await rm(path);
    await expect(head('gone.mp4')).rejects.toMatchObject({ name: 'NotFound' });
  });

  it('does not break the bucket when the file is removed', async () => {
    const path = await fileWith(bytes, 'gone-too.mp4');
    await s3.linkFile('media', 'gone-too.mp4', path);
    await rm(path);
    await expect(client.send(new HeadBucketCommand({ Bucket: 'media' }))).resolves.toBeDefined();
  });

  it('is not overwritten by a PUT on its key', async () => {
    const path = await fileWith(bytes, 'precious.mp4');
    await s3.linkFile('media', 'precious.mp4', path);
    const Body = Buffer.from('other');
    await client.send(new PutObjectCommand({ Bucket: 'media', Key: 'precious.mp4', Body }));
    expect(sha256(await readFile(path))).toBe(sha256(bytes));
    expect(Buffer.from((await read('precious.mp4')).bytes)).toEqual(Body);
  });

  it.each([
    ['a missing file', () => join(directory, 'nope.mp4')],
    ['a directory', () => directory],
  ])('is rejected for %s', async (_name, path) => {
    await expect(s3.linkFile('media', 'k', path())).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: `Invalid file ${JSON.stringify(path())}: must be an existing file`,
    });
  });

  it('is rejected with a name that is too long', async () => {
    const key = `dir/${'x'.repeat(240)}.mp4`;
    await expect(s3.linkFile('media', key, await fileWith(bytes))).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: expect.stringContaining('at most 233 bytes'),
    });
  });
});

describe('access', () => {
  it('fails for a missing bucket', async () => {
    await expect(client.send(new HeadBucketCommand({ Bucket: 'media' }))).resolves.toBeDefined();
    await expect(client.send(new HeadBucketCommand({ Bucket: 'nope' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
  });

  it('fails with a wrong secret if signatures are checked', async () => {
    const strict = await startS3({
      directory: join(directory, 'strict'),
      buckets: ['media'],
      checkSignatures: true,
    });
    await strict.putStream('media', 'k', Readable.from([bytes]), bytes.length);
    const wrong = clientOf(strict.url, 'wrong');
    const request = wrong.send(new HeadObjectCommand({ Bucket: 'media', Key: 'k' }));
    await expect(request).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    wrong.destroy();
    await strict.close();
  });
});
