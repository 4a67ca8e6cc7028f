import { expect } from 'vitest';
import type { SourceObject } from '#src/core/source/source-object.ts';
import { seededContent } from '../../doubles/s3/content.ts';
import { digestAll, type S3Fixture, until } from './s3-fixture.ts';

export const MiB = 1024 * 1024;
export const filmContent = seededContent('film', 5 * MiB);

/** A range inside the film. */
export const middle = { start: 2 * MiB - 3, endInclusive: 4 * MiB + 10 };
export const middleBytes = 2 * MiB + 14;

/** Puts the film and pins it. */
export function pinFilm(s3: S3Fixture, bucket = 'films', key = 'film.mp4'): Promise<SourceObject> {
  s3.double.put(bucket, key, filmContent);
  return s3.reader.inspect({ bucket, key });
}

/** Returns the error of reading the middle of the film. */
export function readFailure(
  reader: S3Fixture['reader'],
  source: SourceObject,
): Promise<{ name: string; message: string }> {
  return digestAll(reader.read(source, middle, new AbortController().signal)).then(
    () => expect.unreachable('it did not fail'),
    (error: { name: string; message: string }) => error,
  );
}

export async function expectNoSocketBusy(s3: S3Fixture): Promise<void> {
  await until(() => s3.double.openReplies() === 0);
  expect(s3.double.openReplies()).toBe(0);
}
