import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  bucket,
  expectReady,
  missingBucket,
  openWorld,
  versionedBucket,
  type World,
} from '../../harness/wire-harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
beforeEach(() => world.reset());
afterAll(() => world.close());

/** S3's event, as EventBridge delivers it. */
function createdEvent(key: string, size: number, where = bucket, versionId?: string) {
  const object = { key, size, ...(versionId && { 'version-id': versionId }) };
  return {
    source: 'aws.s3',
    'detail-type': 'Object Created',
    detail: { bucket: { name: where }, object },
  };
}

describe('B9: a tool that writes an empty object first, then the whole one', () => {
  it('ends the first event well, and the second as a ready asset', async () => {
    const empty = world.put(0);
    const first = await world.run(createdEvent(empty.key, 0));
    expect(first).toMatchObject({
      status: 'SUCCEEDED',
      output: { status: 'ignored', key: empty.key, why: 'it has 0 bytes' },
    });
    expect(world.events(empty.key)).toEqual([]);
    const whole = world.put(2, { key: empty.key });
    await expectReady(world, whole, await world.run(createdEvent(whole.key, whole.sizeBytes)));
  });
});

describe('B9: an event about an object that was deleted since', () => {
  it.each([
    ['without versions', bucket],
    ['with versions, where a delete marker is the newest', versionedBucket],
  ])('ends well as ignored %s', async (_, where) => {
    const film = world.put(2, { bucket: where });
    world.s3.delete(film.bucket, film.key);
    const result = await world.run(createdEvent(film.key, film.sizeBytes, where));
    expect(result).toMatchObject({
      status: 'SUCCEEDED',
      output: { status: 'ignored', why: expect.stringContaining(film.key) },
    });
    expect(world.events(film.key)).toEqual([]);
  });

  it('in a bucket that was deleted, too, stays an error', async () => {
    const result = await world.run(createdEvent('film.mp4', 9, missingBucket));
    expect(result).toMatchObject({
      status: 'FAILED',
      error: 'SourceNotFoundError',
      cause: expect.stringContaining(`bucket "${missingBucket}" does not exist`),
    });
  });

  it('and named by hand stays an error', async () => {
    const result = await world.run({ bucket, key: 'gone.mp4' });
    expect(result).toMatchObject({ status: 'FAILED', error: 'SourceNotFoundError' });
  });
});
