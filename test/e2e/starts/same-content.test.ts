import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { environmentKeys } from '#src/config/environment-keys.ts';
import type { ObjectTraits } from '../../doubles/s3/objects.ts';
import {
  versionedBucket as bucket,
  chunkSizeBytes,
  openWireHarness,
  type WireHarness,
} from '../../harness/wire-harness.ts';

let harness: WireHarness;

beforeAll(async () => {
  harness = await openWireHarness();
  const list = [{ bucket, sameContent: 'reuse' }];
  process.env[environmentKeys.sources] = JSON.stringify({ list, readers: {} });
  harness.override({});
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

const md5 = '0123456789abcdef0123456789abcdef-2';
let films = 0;

/** Stores an object twice, transfers both versions, and returns the outputs. */
async function moveTwice(first: ObjectTraits, second: ObjectTraits) {
  const key = `copied ${++films}.mp4`;
  const bytes = randomBytes(2 * chunkSizeBytes);
  const outputs: Record<string, unknown>[] = [];
  for (const traits of [first, second]) {
    const { versionId } = harness.s3.put(bucket, key, bytes, traits);
    const { output } = await harness.run({ bucket, key });
    outputs.push({ ...(output as object), newest: versionId });
  }
  return outputs as [Record<string, unknown>, Record<string, unknown>];
}

describe('B18: an object that is copied onto itself (metaspace#917)', () => {
  it('keeps its asset if the ETag is an MD5, and sends nothing', async () => {
    const [first, second] = await moveTwice({}, { storageClass: 'GLACIER_IR' });
    expect(first).toMatchObject({ status: 'ready' });
    expect(second).toMatchObject({
      status: 'already-ingested',
      assetId: first.assetId,
      versionId: second.newest,
      sameContentAs: first.versionId,
    });
    expect(harness.service.calls.counts()).toMatchObject({ create: 1 });
  });

  it('keeps its asset if the ETag covers the same parts', async () => {
    const parts = { etag: md5, partBytes: [chunkSizeBytes, chunkSizeBytes] };
    const [, second] = await moveTwice(parts, parts);
    expect(second).toMatchObject({ status: 'already-ingested' });
  });

  it.each<[string, ObjectTraits, ObjectTraits]>([
    [
      'the parts have other sizes',
      { etag: md5, partBytes: [chunkSizeBytes, chunkSizeBytes] },
      { etag: md5, partBytes: [chunkSizeBytes + 1, chunkSizeBytes - 1] },
    ],
    ['the new version has a KMS key', {}, { encryption: 'aws:kms' }],
    ['the earlier version has a KMS key', { encryption: 'aws:kms' }, {}],
  ])('is a transfer of its own if %s', async (_, first, second) => {
    const [before, after] = await moveTwice(first, second);
    expect(after).toMatchObject({ status: 'ready' });
    expect(after.assetId).not.toBe(before.assetId);
  });
});
