import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type S3Emulator, startS3 } from '#local/emulators/s3.ts';
import { digestOf, seededContent } from '../../doubles/s3/content.ts';
import { expectReady, openWireHarness, type WireHarness } from '../../harness/wire-harness.ts';

let harness: WireHarness;
let s3: S3Emulator;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'e2e-s3-'));
  s3 = await startS3({ directory, buckets: ['shelf'] });
  harness = await openWireHarness({ buckets: ['shelf'] });
  process.env.AWS_ENDPOINT_URL_S3 = s3.url;
});
afterEach(() => harness.reset());
afterAll(async () => {
  await harness.close();
  await s3.close();
  await rm(directory, { recursive: true });
});

async function store(key: string, seed: string, sizeBytes: number) {
  const content = seededContent(seed, sizeBytes);
  await s3.putStream('shelf', key, Readable.from(content.pieces(0, sizeBytes)), sizeBytes);
  return { bucket: 'shelf', key, sizeBytes, sha256: digestOf(content) };
}

describe('a file-based S3 without versions and If-Match', () => {
  it.each(['a b+c/ünïcode 🎬.mp4', 'plain.MOV'])('serves the bytes of %s', async (key) => {
    const film = await store(key, key, 100_001);
    await expectReady(harness, film, await harness.run({ bucket: 'shelf', key }));
    expect(harness.service.calls.count('put')).toBe(13);
  });

  it('is superseded if an object is overwritten during a transfer', async () => {
    const film = await store('changing.mp4', 'one', 100_001);
    const act = async () => void (await store('changing.mp4', 'other', 100_001));
    harness.service.faults.add({ on: 'put', nth: 3, kind: 'callback', act });
    const { status, output } = await harness.run({ bucket: 'shelf', key: film.key });
    expect({ status, output }).toMatchObject({
      status: 'SUCCEEDED',
      output: { status: 'superseded', key: film.key },
    });
    expect(harness.service.assets().some(({ filename }) => filename === film.key)).toBe(false);
  });
});
