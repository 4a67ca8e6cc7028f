import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readerOf, type S3Fixture, startS3 } from './s3-fixture.ts';

let s3: S3Fixture;
beforeEach(async () => {
  s3 = await startS3({ buckets: ['films'], versionedBuckets: ['kept'] });
});
afterEach(() => s3.close());

const bytes = Buffer.from('twelve bytes');
const film = { bucket: 'films', key: 'a/film.mp4' };
const rejection = (reference: Parameters<S3Fixture['reader']['inspect']>[0] = film) =>
  s3.reader.inspect(reference).then(
    () => expect.unreachable('it did not fail'),
    (error: { name: string; message: string }) => error,
  );

describe('a missing object', () => {
  it('is named by its key', async () => {
    expect(await rejection()).toMatchObject({
      name: 'SourceNotFoundError',
      message: 'object "s3://films/a/film.mp4" does not exist',
      isContainerMissing: false,
    });
  });

  it('is named by its bucket', async () => {
    expect(await rejection({ bucket: 'nope', key: 'x' })).toMatchObject({
      name: 'SourceNotFoundError',
      message: 'bucket "nope" does not exist',
      isContainerMissing: true,
    });
  });

  it.each([
    ['NoSuchAccessPoint', /^bucket .* does not exist$/],
    ['NotFound', /or its bucket does not exist$/],
  ])('may be a missing bucket, if S3 returns %s', async (code, message) => {
    const fault = { kind: 'error', status: 404, code } as const;
    s3.double.fail(fault, { method: 'HEAD' });
    s3.double.fail(fault);
    expect(await rejection()).toMatchObject({
      name: 'SourceNotFoundError',
      message: expect.stringMatching(message),
      isContainerMissing: true,
    });
  });

  it('is transient if the GET finds it', async () => {
    s3.double.put('films', film.key, bytes);
    s3.double.fail({ kind: 'error', status: 404, code: 'NoSuchKey' }, { method: 'HEAD' });
    expect(await rejection()).toMatchObject({ name: 'SourceUnavailableError' });
  });

  it('is named by its version', async () => {
    s3.double.put('kept', 'film.mp4', bytes);
    expect(
      await rejection({ bucket: 'kept', key: 'film.mp4', versionId: 'version.99' }),
    ).toMatchObject({
      name: 'SourceNotFoundError',
      message: '"s3://kept/film.mp4", version "version.99" does not exist',
    });
  });

  it('is named by an invalid version id of any characters', async () => {
    const versionId = "(it's) no*version!&x=1 🎬";
    expect(await rejection({ bucket: 'kept', key: 'film.mp4', versionId })).toMatchObject({
      name: 'SourceNotFoundError',
      message: expect.stringContaining(`version "${versionId}"`),
    });
    expect(s3.double.calls[0]?.versionId).toBe(versionId);
  });

  it('may be a deleted object of a versioned bucket', async () => {
    s3.double.put('kept', 'film.mp4', bytes);
    s3.double.delete('kept', 'film.mp4');
    expect(await rejection({ bucket: 'kept', key: 'film.mp4' })).toMatchObject({
      name: 'SourceNotFoundError',
    });
  });

  it('may be a delete marker with its version', async () => {
    s3.double.put('kept', 'film.mp4', bytes);
    s3.double.delete('kept', 'film.mp4');
    expect(
      await rejection({ bucket: 'kept', key: 'film.mp4', versionId: 'version.2' }),
    ).toMatchObject({
      name: 'SourceNotFoundError',
      message: expect.stringContaining('is a delete marker'),
    });
  });
});

describe('a denied object', () => {
  it('is explained by one GET of the first byte', async () => {
    s3.double.put('films', film.key, bytes);
    s3.double.deny('films', film.key);
    expect(await rejection()).toMatchObject({
      name: 'SourceAccessDeniedError',
      message: expect.stringContaining('s3:GetObject'),
    });
    expect(s3.double.calls.map(({ method, range }) => [method, range])).toEqual([
      ['HEAD', undefined],
      ['GET', 'bytes=0-0'],
    ]);
  });

  it('may also be missing, if S3 does not distinguish the two', async () => {
    await s3.close();
    s3 = await startS3({ buckets: ['films'], hidesMissing: true });
    expect(await rejection()).toMatchObject({
      name: 'SourceAccessDeniedError',
      message: expect.stringContaining('or the object does not exist: without s3:ListBucket'),
    });
  });

  it('names a denied KMS key', async () => {
    s3.double.put('films', film.key, bytes);
    s3.double.deny('films', film.key, 'kms');
    expect(await rejection()).toMatchObject({
      name: 'SourceAccessDeniedError',
      message: expect.stringMatching(
        /^S3 denied kms:Decrypt with the object's KMS key on .*AccessDenied \(403\)/,
      ),
    });
  });

  it('names no KMS key for a role with KMS in its name', async () => {
    s3.double.deny('films', film.key, 'policy', 'kms-reader');
    expect((await rejection()).message).not.toContain('kms:Decrypt');
  });

  it('may be encrypted with a customer’s key', async () => {
    s3.double.put('films', film.key, bytes, { customerEncrypted: true });
    expect(await rejection()).toMatchObject({
      name: 'SourceCustomerEncryptedError',
      message:
        '"s3://films/a/film.mp4" is encrypted with a customer-provided key (SSE-C), which S3 requires in every request.',
    });
  });

  it('is every object with credentials that S3 does not know', async () => {
    const unknownReader = readerOf(s3.double.endpoint, { accessKeyId: 'x', secretAccessKey: 'y' });
    await expect(unknownReader.reader.inspect(film)).rejects.toMatchObject({
      name: 'SourceSignatureRejectedError',
      message: expect.stringContaining('S3 rejected the signature'),
    });
    await unknownReader.close();
  });

  it('is transient if only the HEAD fails', async () => {
    s3.double.put('films', film.key, bytes);
    s3.double.fail({ kind: 'error', status: 403, code: 'AccessDenied' }, { method: 'HEAD' });
    expect(await rejection()).toMatchObject({ name: 'SourceUnavailableError' });
    expect(s3.double.openReplies()).toBe(0);
  });
});

describe('an archived object', () => {
  it.each([
    ['GLACIER', { storageClass: 'GLACIER' }, 'it is not restored'],
    [
      'DEEP_ARCHIVE',
      { storageClass: 'DEEP_ARCHIVE', restore: 'ongoing-request="true"' },
      'its restore is in progress',
    ],
    [
      'ARCHIVE_ACCESS',
      { storageClass: 'INTELLIGENT_TIERING', archiveStatus: 'ARCHIVE_ACCESS' },
      'it is not restored',
    ],
  ])('is rejected with the name %s', async (name, traits, restore) => {
    s3.double.put('films', film.key, bytes, traits);
    expect(await rejection()).toMatchObject({
      name: 'SourceArchivedError',
      message: `"s3://films/a/film.mp4" is archived in ${name}: ${restore}.`,
    });
    expect(s3.double.count('GET')).toBe(0);
  });
});

describe('a failing S3', () => {
  it.each([
    ['SlowDown', 503],
    ['InternalError', 500],
    ['TooManyRequests', 429],
  ])('with %s (%i) is unavailable, without a retry', async (code, status) => {
    s3.double.put('films', film.key, bytes);
    s3.double.fail({ kind: 'error', status, code }, { method: 'HEAD' });
    expect(await rejection()).toMatchObject({ name: 'SourceUnavailableError', status });
    expect(s3.double.calls).toHaveLength(1);
  });

  it.each(['reset', 'close', 'stall'] as const)('by a %s is unavailable', async (kind) => {
    s3.double.put('films', film.key, bytes);
    s3.double.fail({ kind, afterBytes: -1 }, { method: 'HEAD' });
    await expect(s3.impatient.inspect(film)).rejects.toMatchObject({
      name: 'SourceUnavailableError',
    });
  });

  it('that is unreachable is unavailable', async () => {
    const nowhere = readerOf('http://127.0.0.1:1');
    await expect(nowhere.reader.inspect(film)).rejects.toMatchObject({
      name: 'SourceUnavailableError',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await nowhere.close();
  });

  it('without an ETag in its reply violates the protocol', async () => {
    s3.double.put('films', film.key, bytes);
    s3.double.fail({ kind: 'header', name: 'etag', value: undefined }, { method: 'HEAD' });
    expect(await rejection()).toMatchObject({
      name: 'SourceProtocolError',
      message: expect.stringContaining('no ETag'),
    });
  });
});

it('names the Region of a bucket in another Region, and the configured one', async () => {
  s3.double.createBucket('abroad', { region: 'eu-west-1' });
  const configured = { bucket: 'abroad', key: 'x', region: 'eu-central-1' };
  expect(await rejection(configured)).toMatchObject({
    name: 'SourceRegionMismatchError',
    message: 'bucket "abroad" is in Region eu-west-1, and its source names Region eu-central-1',
  });
  expect(await rejection({ bucket: 'abroad', key: 'x' })).toMatchObject({
    name: 'SourceRegionMismatchError',
    message: 'bucket "abroad" is in Region eu-west-1, and the request was made in Region us-east-1',
  });
});

it('throws InvalidInputError for a name that the SDK rejects', async () => {
  expect(await rejection({ bucket: 'a/b', key: 'x' })).toMatchObject({ name: 'InvalidInputError' });
  expect(s3.double.calls).toEqual([]);
});

it('bounds and quotes a key in messages', async () => {
  const { message } = await rejection({ bucket: 'films', key: `line\nbreak${'🎬'.repeat(240)}` });
  expect(message).toContain('"s3://films/line\\nbreak🎬');
  expect(message).toContain('🎬…"');
  expect(Array.from(message).length).toBeLessThan(330);
});
