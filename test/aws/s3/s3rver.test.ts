import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { digestAll, readerOf, sha256 } from './s3-fixture.ts';

/** s3rver is untyped; its class is the module itself. */
const S3rver = createRequire(import.meta.url)('@20minutes/s3rver') as new (
  options: object,
) => { run(): Promise<AddressInfo>; close(): Promise<void> };

const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

it('inspects and reads an object of another S3', async () => {
  const directory = await mkdtemp(join(tmpdir(), 's3rver-'));
  const configureBuckets = [{ name: 'films' }];
  const server = new S3rver({ directory, configureBuckets, silent: true, port: 0 });
  const { port } = await server.run();
  const endpoint = `http://127.0.0.1:${port}`;
  const seeding = new S3Client({
    endpoint,
    credentials,
    region: 'us-east-1',
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const { reader, close } = readerOf(endpoint, credentials);
  try {
    const [bucket, key] = ['films', 'a/../näh 🎬+.mp4'];
    const bytes = Buffer.alloc(300_000, 'film');
    const put = { Bucket: bucket, Key: key, Body: bytes, ContentType: 'video/mp4' };
    await seeding.send(new PutObjectCommand(put));
    const source = await reader.inspect({ bucket, key });
    expect(source).toMatchObject({ sizeBytes: 300_000, contentType: 'video/mp4' });
    const range = { start: 5, endInclusive: 250_004 };
    const read = await digestAll(reader.read(source, range, new AbortController().signal));
    expect(read.sha256).toBe(sha256(bytes.subarray(5, 250_005)));
    await seeding.send(new PutObjectCommand({ ...put, Body: Buffer.from('another') }));
    const superseded = digestAll(reader.read(source, range, new AbortController().signal));
    await expect(superseded).rejects.toMatchObject({ name: 'SourceSupersededError' });
  } finally {
    seeding.destroy();
    await close();
    await server.close();
    await rm(directory, { recursive: true });
  }
});
