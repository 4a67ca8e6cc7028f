import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourceObject } from '#src/core/source/source-object.ts';
import { digestOf, seededContent } from '../../doubles/s3/content.ts';
import {
  expectNoSocketBusy,
  filmContent,
  MiB,
  middle,
  middleBytes,
  pinFilm,
  readFailure,
} from './pinned-film.ts';
import { type S3Fixture, startS3, until } from './s3-fixture.ts';

let s3: S3Fixture;
beforeEach(async () => {
  s3 = await startS3({ buckets: ['films'], versionedBuckets: ['kept'] });
});
afterEach(() => s3.close());

/** More than the sockets' buffers: an unread reply stays open. */
const large = seededContent('large film', 64 * MiB);
const largeRange = { start: 0, endInclusive: 64 * MiB - 1 };
const pinLarge = (): Promise<SourceObject> => {
  s3.double.put('films', 'large.mp4', large);
  return s3.reader.inspect({ bucket: 'films', key: 'large.mp4' });
};
describe('reading a range', () => {
  it('returns the bytes by one GET pinned to ETag and range', async () => {
    const source = await pinFilm(s3);
    expect(await s3.readAll(source, middle)).toEqual({
      sha256: digestOf(filmContent, 'sha256', middle.start, middle.endInclusive + 1),
      sizeBytes: middleBytes,
    });
    expect(s3.double.calls.slice(1)).toEqual([
      expect.objectContaining({
        method: 'GET',
        range: `bytes=${middle.start}-${middle.endInclusive}`,
        ifMatch: `"${source.etag}"`,
        versionId: undefined,
        status: 206,
      }),
    ]);
  });

  it('returns the whole object', async () => {
    const source = await pinFilm(s3);
    const whole = { start: 0, endInclusive: 5 * MiB - 1 };
    expect((await s3.readAll(source, whole)).sha256).toBe(digestOf(filmContent));
  });

  it('accepts a 200 without a range if the range is the whole object', async () => {
    const source = await pinFilm(s3);
    s3.double.fail({ kind: 'ignore-range' });
    const whole = { start: 0, endInclusive: 5 * MiB - 1 };
    expect((await s3.readAll(source, whole)).sha256).toBe(digestOf(filmContent));
  });

  it('reads a pinned version to its end after it was overwritten', async () => {
    const source = await pinFilm(s3, 'kept');
    s3.double.put('kept', 'film.mp4', Buffer.from('another'));
    s3.double.delete('kept', 'film.mp4');
    const { sha256 } = await s3.readAll(source, middle);
    expect(sha256).toBe(digestOf(filmContent, 'sha256', middle.start, middle.endInclusive + 1));
    expect(s3.double.calls.at(-1)?.versionId).toBe(source.versionId);
  });

  it('leaves no socket busy after an early end', async () => {
    const source = await pinLarge();
    const { signal } = new AbortController();
    for await (const _ of s3.reader.read(source, largeRange, signal)) break;
    await expectNoSocketBusy(s3);
  });

  it('ends with the signal’s own reason, and leaves no socket busy', async () => {
    const source = await pinFilm(s3);
    const abort = new AbortController();
    const reason = new Error('enough');
    s3.double.fail({ kind: 'stall', afterBytes: 64 * 1024 });
    const reading = async () => {
      for await (const _ of s3.reader.read(source, middle, abort.signal)) abort.abort(reason);
    };
    await expect(reading()).rejects.toBe(reason);
    await expectNoSocketBusy(s3);
  });

  it('ends with the signal’s own reason before a reply', async () => {
    const source = await pinFilm(s3);
    const reason = new Error('enough');
    const abort = new AbortController();
    s3.double.fail({ kind: 'stall', afterBytes: -1 });
    const reading = s3.reader.read(source, middle, abort.signal)[Symbol.asyncIterator]().next();
    await until(() => s3.double.count('GET') === 1);
    abort.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });

  it('frees the socket of a waiting reader on an abort', async () => {
    const source = await pinLarge();
    const abort = new AbortController();
    const bytes = s3.reader.read(source, largeRange, abort.signal)[Symbol.asyncIterator]();
    await bytes.next();
    expect(s3.double.openReplies()).toBe(1);
    abort.abort(new Error('enough'));
    await expectNoSocketBusy(s3);
  });
});

describe('a changed object', () => {
  it('is superseded if it was overwritten', async () => {
    const source = await pinFilm(s3);
    s3.double.put('films', 'film.mp4', Buffer.from('another'));
    expect(await readFailure(s3.reader, source)).toMatchObject({
      name: 'SourceSupersededError',
      message: expect.stringMatching(/was overwritten after .*PreconditionFailed \(412\)/),
    });
  });

  it('is superseded if it was deleted', async () => {
    const source = await pinFilm(s3);
    s3.double.delete('films', 'film.mp4');
    expect(await readFailure(s3.reader, source)).toMatchObject({
      name: 'SourceSupersededError',
      message: expect.stringContaining('was deleted after'),
    });
  });

  it('is superseded if its pinned version was deleted', async () => {
    const source = await pinFilm(s3, 'kept');
    s3.double.deleteVersion('kept', 'film.mp4', source.versionId ?? '');
    expect(await readFailure(s3.reader, source)).toMatchObject({
      name: 'SourceSupersededError',
      message: expect.stringMatching(/version "version\.1" was permanently deleted/),
    });
  });

  it('is not superseded if its bucket is missing, which is another error', async () => {
    const source = await pinFilm(s3);
    s3.double.fail({ kind: 'error', status: 404, code: 'NoSuchBucket' });
    expect(await readFailure(s3.reader, source)).toMatchObject({
      name: 'SourceNotFoundError',
      message: expect.stringMatching(/bucket .* does not exist/),
    });
  });

  it('is superseded if it is now shorter than the range', async () => {
    const source = await pinFilm(s3);
    s3.double.fail({ kind: 'error', status: 416, code: 'InvalidRange' });
    expect(await readFailure(s3.reader, source)).toMatchObject({ name: 'SourceSupersededError' });
  });

  it('is found by the reply’s ETag if a server ignores If-Match', async () => {
    const source = await pinFilm(s3);
    s3.double.fail({ kind: 'header', name: 'etag', value: '"other"' });
    expect(await readFailure(s3.reader, source)).toMatchObject({
      name: 'SourceSupersededError',
      message: expect.stringContaining('has the ETag other'),
    });
  });

  it('is found by the reply’s version if a server ignores the requested version', async () => {
    const source = await pinFilm(s3, 'kept');
    s3.double.fail({ kind: 'header', name: 'x-amz-version-id', value: 'version.9' });
    expect(await readFailure(s3.reader, source)).toMatchObject({
      name: 'SourceSupersededError',
      message: expect.stringContaining('S3 returned version version.9'),
    });
  });
});

describe('an object that is no longer readable', () => {
  it('may be denied', async () => {
    const source = await pinFilm(s3);
    s3.double.deny('films', 'film.mp4');
    expect(await readFailure(s3.reader, source)).toMatchObject({ name: 'SourceAccessDeniedError' });
  });

  it('may be archived', async () => {
    const source = await pinFilm(s3);
    s3.double.put('films', 'film.mp4', filmContent, { storageClass: 'GLACIER' });
    expect(await readFailure(s3.reader, source)).toMatchObject({ name: 'SourceArchivedError' });
  });
});

describe('a wrong reply', () => {
  it('violates the protocol if its range differs', async () => {
    const source = await pinFilm(s3);
    s3.double.fail({ kind: 'header', name: 'content-range', value: 'bytes 0-9/5242880' });
    expect(await readFailure(s3.reader, source)).toMatchObject({
      name: 'SourceProtocolError',
      message: expect.stringContaining('"bytes 0-9/5242880"'),
    });
  });

  it('violates the protocol if it is the whole object instead of a part', async () => {
    const source = await pinFilm(s3);
    s3.double.fail({ kind: 'ignore-range' });
    expect(await readFailure(s3.reader, source)).toMatchObject({
      name: 'SourceProtocolError',
      message: expect.stringContaining('received 200'),
    });
  });

  it('yields no byte and leaves no socket busy', async () => {
    const source = await pinLarge();
    s3.double.fail({ kind: 'header', name: 'etag', value: '"other"' });
    let pieces = 0;
    const reading = async () => {
      const { signal } = new AbortController();
      for await (const _ of s3.reader.read(source, largeRange, signal)) pieces++;
    };
    await expect(reading()).rejects.toThrow();
    expect(pieces).toBe(0);
    await expectNoSocketBusy(s3);
  });
});
