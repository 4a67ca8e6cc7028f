import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  expectNoSocketBusy,
  MiB,
  middle,
  middleBytes,
  pinFilm,
  readFailure,
} from './pinned-film.ts';
import { type S3Fixture, startS3 } from './s3-fixture.ts';

let s3: S3Fixture;
beforeEach(async () => {
  s3 = await startS3({ buckets: ['films'], versionedBuckets: ['kept'] });
});
afterEach(() => s3.close());

describe('a body of the wrong length', () => {
  it('is truncated if its Content-Length is shorter', async () => {
    const source = await pinFilm(s3);
    s3.double.fail({ kind: 'short', missingBytes: 1 });
    expect(await readFailure(s3.reader, source)).toMatchObject({
      name: 'TruncatedReadError',
      message: expect.stringContaining(`has a Content-Length of ${middleBytes - 1}`),
    });
  });

  it('is truncated if it silently ends early', async () => {
    const source = await pinFilm(s3);
    s3.double.fail({ kind: 'short-chunked', missingBytes: 1 });
    expect(await readFailure(s3.reader, source)).toMatchObject({
      name: 'TruncatedReadError',
      message: expect.stringContaining(`ended after ${middleBytes - 1}`),
    });
  });

  it('is truncated if the connection closes early', async () => {
    const source = await pinFilm(s3);
    s3.double.fail({ kind: 'close', afterBytes: MiB });
    expect(await readFailure(s3.reader, source)).toMatchObject({
      name: 'TruncatedReadError',
      message: expect.stringContaining(`ended after ${MiB}`),
    });
  });

  it('is rejected if it continues after the range', async () => {
    const source = await pinFilm(s3);
    s3.double.fail({ kind: 'long', extraBytes: 1 });
    expect(await readFailure(s3.reader, source)).toMatchObject({
      name: 'TruncatedReadError',
      message: expect.stringContaining('has more bytes'),
    });
  });
});

describe('a failing S3', () => {
  it('with SlowDown is unavailable n times, and then recovers', async () => {
    const source = await pinFilm(s3);
    s3.double.fail({ kind: 'error', status: 503, code: 'SlowDown' }, { times: 2 });
    for (const _ of [1, 2]) {
      expect(await readFailure(s3.reader, source)).toMatchObject({
        name: 'SourceUnavailableError',
        status: 503,
      });
    }
    expect((await s3.readAll(source, middle)).sizeBytes).toBe(middleBytes);
    expect(s3.double.count('GET')).toBe(3);
  });

  it('with a reset in the middle of the body is unavailable', async () => {
    const source = await pinFilm(s3);
    s3.double.fail({ kind: 'reset', afterBytes: MiB });
    expect(await readFailure(s3.reader, source)).toMatchObject({
      name: 'SourceUnavailableError',
      message: expect.stringMatching(/failed after \d+ of 2097166 bytes: .*ECONNRESET/),
    });
  });

  it.each([-1, 64 * 1024])('with silence after %i bytes is unavailable', async (afterBytes) => {
    const source = await pinFilm(s3);
    s3.double.fail({ kind: 'stall', afterBytes });
    expect(await readFailure(s3.impatient, source)).toMatchObject({
      name: 'SourceUnavailableError',
    });
  });

  it('with any of these faults leaves no socket busy', async () => {
    const source = await pinFilm(s3);
    for (const kind of ['reset', 'close', 'stall'] as const) {
      s3.double.fail({ kind, afterBytes: MiB });
      await readFailure(s3.impatient, source);
    }
    s3.double.fail({ kind: 'long', extraBytes: MiB });
    await readFailure(s3.reader, source);
    await expectNoSocketBusy(s3);
  });
});
