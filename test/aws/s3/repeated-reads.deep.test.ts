import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { S3Fault } from '../../doubles/s3/faults.ts';
import { middle, pinFilm, readFailure } from './pinned-film.ts';
import { type S3Fixture, startS3 } from './s3-fixture.ts';

describe('a repeated GET', () => {
  let s3: S3Fixture;
  beforeEach(async () => {
    s3 = await startS3({ buckets: ['films'], versionedBuckets: ['kept'] });
  });
  afterEach(() => s3.close());

  const faults: readonly S3Fault[] = [
    { kind: 'error', status: 301, code: 'PermanentRedirect' },
    { kind: 'error', status: 400, code: 'AuthorizationHeaderMalformed' },
    { kind: 'error', status: 400, code: 'ExpiredToken' },
    { kind: 'error', status: 400, code: 'RequestTimeout' },
    { kind: 'error', status: 403, code: 'AccessDenied', message: 'not authorized: kms:Decrypt' },
    { kind: 'error', status: 403, code: 'InvalidObjectState' },
    { kind: 'error', status: 403, code: 'SignatureDoesNotMatch' },
    { kind: 'error', status: 403, code: 'RequestTimeTooSkewed' },
    { kind: 'error', status: 404, code: 'NoSuchKey' },
    { kind: 'error', status: 404, code: 'NoSuchBucket' },
    { kind: 'error', status: 405, code: 'MethodNotAllowed' },
    { kind: 'error', status: 412, code: 'PreconditionFailed' },
    { kind: 'error', status: 416, code: 'InvalidRange' },
    { kind: 'error', status: 500, code: 'InternalError' },
    { kind: 'error', status: 503, code: 'SlowDown' },
    { kind: 'error', status: 503, code: '' },
    { kind: 'reset', afterBytes: -1 },
    { kind: 'close', afterBytes: -1 },
    { kind: 'close', afterBytes: 100_000 },
    { kind: 'short', missingBytes: 3 },
    { kind: 'short-chunked', missingBytes: 3 },
    { kind: 'long', extraBytes: 3 },
    { kind: 'header', name: 'etag', value: '"another"' },
    { kind: 'header', name: 'etag', value: undefined },
    { kind: 'header', name: 'content-range', value: undefined },
    { kind: 'header', name: 'x-amz-version-id', value: 'another' },
    { kind: 'ignore-range' },
  ];

  it.each(faults)('fails as the first GET does: %j', async (fault) => {
    const key = 'film.mp4';
    const [first, repeated] = [await pinFilm(s3, 'kept'), await pinFilm(s3, 'kept')];
    await s3.readAll(repeated, middle);
    const before = s3.double.count('GET', key);
    // A request whose kept socket breaks before the reply is repeated at once.
    const times = 'afterBytes' in fault && fault.afterBytes < 0 ? 2 : 1;
    const failures = [];
    for (const source of [first, repeated]) {
      await s3.reader.inspect({ bucket: 'kept', key });
      s3.double.fail(fault, { times });
      const { name, message, ...fields } = await readFailure(s3.reader, source);
      failures.push({ ...fields, name, message: message.replace(source.versionId ?? '', 'v') });
    }
    expect(failures[1]).toEqual(failures[0]);
    expect(s3.double.count('GET', key) - before).toBe(2 * times);
    expect((await s3.readAll(repeated, middle)).sizeBytes).toBe(
      middle.endInclusive - middle.start + 1,
    );
  });
});
