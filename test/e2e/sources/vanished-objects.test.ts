import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  bucket,
  expectReady,
  missingBucket,
  openWireHarness,
  versionedBucket,
  type WireHarness,
} from '../../harness/wire-harness.ts';

let harness: WireHarness;
beforeAll(async () => {
  harness = await openWireHarness();
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

/** Returns S3's event as EventBridge delivers it. */
function createdEvent(key: string, size: number, where = bucket, versionId?: string) {
  const object = { key, size, ...(versionId && { 'version-id': versionId }) };
  return {
    source: 'aws.s3',
    'detail-type': 'Object Created',
    detail: { bucket: { name: where }, object },
  };
}

describe('B9: a tool that writes an empty object, then the complete object', () => {
  it('ignores the first event and makes the second a ready asset', async () => {
    const empty = harness.put(0);
    const first = await harness.run(createdEvent(empty.key, 0));
    expect(first).toMatchObject({
      status: 'SUCCEEDED',
      output: { status: 'ignored', key: empty.key, why: 'it has 0 bytes' },
    });
    expect(harness.events(empty.key)).toEqual([]);
    const whole = harness.put(2, { key: empty.key });
    await expectReady(harness, whole, await harness.run(createdEvent(whole.key, whole.sizeBytes)));
  });
});

describe('B9: an event of a deleted object', () => {
  it.each([
    ['without versions', bucket],
    ['with versions, under a delete marker', versionedBucket],
  ])('is ignored %s', async (_, where) => {
    const film = harness.put(2, { bucket: where });
    harness.s3.delete(film.bucket, film.key);
    const result = await harness.run(createdEvent(film.key, film.sizeBytes, where));
    expect(result).toMatchObject({
      status: 'SUCCEEDED',
      output: { status: 'ignored', why: expect.stringContaining(film.key) },
    });
    expect(harness.events(film.key)).toEqual([]);
  });

  it('in a deleted bucket is an error', async () => {
    const result = await harness.run(createdEvent('film.mp4', 9, missingBucket));
    expect(result).toMatchObject({
      status: 'FAILED',
      error: 'SourceNotFoundError',
      cause: expect.stringContaining(`bucket "${missingBucket}" does not exist`),
    });
  });

  it('of a manual start is an error', async () => {
    const result = await harness.run({ bucket, key: 'gone.mp4' });
    expect(result).toMatchObject({ status: 'FAILED', error: 'SourceNotFoundError' });
  });
});
