import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourceObject, SourceReference } from '#src/core/source/source-object.ts';
import { type S3Fixture, sha256, startS3 } from './s3-fixture.ts';

/** Cases from public reports about reading from S3, over the wire. */

let s3: S3Fixture;
beforeEach(async () => {
  s3 = await startS3({ buckets: ['films'], versionedBuckets: ['kept'] });
});
afterEach(() => s3.close());

const film = { bucket: 'films', key: 'film.mp4' };
const [old, newer] = [Buffer.from('the old film'), Buffer.from('a newer, longer film')];
const whole = ({ sizeBytes }: SourceObject) => ({ start: 0, endInclusive: sizeBytes - 1 });
const { signal } = new AbortController();

const readBack = async (reference: SourceReference) => {
  const source = await s3.reader.inspect(reference);
  await s3.reader.confirmReadable(source, signal);
  return (await s3.readAll(source, whole(source))).sha256;
};
const namedVersions = () => s3.double.calls.map(({ versionId }) => versionId);
const rejection = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('it was not rejected'),
    (error: { name: string; message: string }) => error,
  );

/** Creates a key with the version `null`, from before versioning, and a newer version. */
function putBothVersions(): void {
  s3.double.put('films', film.key, old);
  s3.double.setVersioning('films', 'enabled');
  s3.double.put('films', film.key, newer);
}

describe('B1: the version null (cloud-custodian#2003, AWSS3.jl#241)', () => {
  it('is named in every read if it was requested', async () => {
    putBothVersions();
    expect(await readBack({ ...film, versionId: 'null' })).toBe(sha256(old));
    expect(namedVersions()).toEqual(['null', 'null', 'null']);
  });

  it('is named in every read if it was the latest at the inspection', async () => {
    s3.double.put('films', film.key, old);
    s3.double.setVersioning('films', 'enabled');
    const source = await s3.reader.inspect(film);
    s3.double.put('films', film.key, newer);
    expect((await s3.readAll(source, whole(source))).sha256).toBe(sha256(old));
    expect(namedVersions()).toEqual([undefined, 'null']);
  });

  it('is read from a bucket that never had versions', async () => {
    s3.double.put('films', film.key, old);
    expect(await readBack({ ...film, versionId: 'null' })).toBe(sha256(old));
  });

  it('is superseded if it was overwritten while versioning is suspended', async () => {
    s3.double.put('films', film.key, old);
    s3.double.setVersioning('films', 'suspended');
    const source = await s3.reader.inspect(film);
    s3.double.put('films', film.key, newer);
    const { name } = await rejection(s3.readAll(source, whole(source)));
    expect([source.versionId, name]).toEqual(['null', 'SourceSupersededError']);
  });

  it("retains the requested version if the HEAD's reply names none", async () => {
    const { versionId } = s3.double.put('kept', film.key, old);
    s3.double.fail(
      { kind: 'header', name: 'x-amz-version-id', value: undefined },
      { method: 'HEAD' },
    );
    const source = await s3.reader.inspect({ ...film, bucket: 'kept', versionId });
    expect(source.versionId).toBe(versionId);
  });
});

describe('B2: a clock that is not S3’s (aws-sdk-js-v3#8005, WSL#10006)', () => {
  it.each([
    ['ahead', 3_600_000],
    ['behind', -86_400_000],
  ])('is corrected by the first error: S3 is %s', async (_, aheadMs) => {
    s3.double.put('films', film.key, old);
    s3.double.clockAheadMs = aheadMs;
    expect(await rejection(s3.reader.inspect(film))).toMatchObject({
      name: 'SourceUnavailableError',
    });
    expect(await readBack(film)).toBe(sha256(old));
  });

  it('is corrected in the middle of a transfer', async () => {
    s3.double.put('films', film.key, old);
    const source = await s3.reader.inspect(film);
    s3.double.clockAheadMs = 3_600_000;
    expect(await rejection(s3.readAll(source, whole(source)))).toMatchObject({
      name: 'SourceUnavailableError',
      disposition: 'retry',
      message: expect.stringContaining("this machine's clock differs from S3's"),
    });
    expect((await s3.readAll(source, whole(source))).sha256).toBe(sha256(old));
  });
});

describe('B3: a transient code (re:Post kms-throttlingexception-error)', () => {
  const throttled = { kind: 'error', status: 400, code: 'ThrottlingException' } as const;

  it.each([
    ['KMS.ThrottlingException', true],
    ['KMS.LimitExceededException', true],
    ['TooManyRequests', true],
    ['IncompleteBody', false],
  ])('of the GET after a failed HEAD is not final: %s', async (code, isThrottle) => {
    s3.double.put('films', film.key, old);
    s3.double.fail(throttled, { method: 'HEAD' });
    s3.double.fail({ ...throttled, code });
    expect(await rejection(s3.reader.inspect(film))).toMatchObject({
      name: 'SourceUnavailableError',
      isThrottle,
      message: expect.stringContaining(`${code} (400)`),
    });
  });

  it('of the GET of a range is not final', async () => {
    s3.double.put('films', film.key, old);
    const source = await s3.reader.inspect(film);
    s3.double.fail({ ...throttled, status: 409, code: 'OperationAborted' });
    expect(await rejection(s3.readAll(source, whole(source)))).toMatchObject({
      name: 'SourceUnavailableError',
    });
  });
});

describe('B6: a HEAD that succeeds and a denied GET (boto#3219)', () => {
  const kept = { bucket: 'kept', key: film.key };
  const tried = async () => {
    const source = await s3.reader.inspect(kept);
    return rejection(s3.reader.confirmReadable(source, signal));
  };

  it('names s3:GetObjectVersion if only versions are denied', async () => {
    s3.double.put('kept', film.key, old);
    s3.double.deny('kept', film.key, 'version');
    expect(await tried()).toMatchObject({
      name: 'SourceAccessDeniedError',
      message: expect.stringMatching(/^S3 denied s3:GetObjectVersion on "s3:\/\/kept\/film.mp4"/),
    });
  });

  it('names s3:GetObjectVersion if S3 reports only a denied access', async () => {
    s3.double.put('kept', film.key, old);
    s3.double.fail({ kind: 'error', status: 403, code: 'AccessDenied', message: 'Access Denied' });
    expect((await tried()).message).toMatch(
      /^S3 denied s3:GetObjectVersion on "s3:\/\/kept\/film.mp4", version "version.1" \(AccessDenied \(403\): Access Denied\)$/,
    );
  });

  it('names kms:Decrypt and the key if S3 names them', async () => {
    const kmsKey = 'arn:aws:kms:us-east-1:111122223333:key/0b1c2d3e-0000-4000-8000-000000000000';
    s3.double.put('kept', film.key, old, { kmsKey });
    s3.double.deny('kept', film.key, 'kms-get');
    expect((await tried()).message).toContain(`S3 denied kms:Decrypt with the key ${kmsKey} on`);
  });

  it('names both if S3 denies an encrypted object without a reason', async () => {
    const kmsKey = 'arn:aws:kms:us-east-1:111122223333:key/0b1c2d3e-0000-4000-8000-000000000000';
    s3.double.put('kept', film.key, old, { kmsKey });
    s3.double.fail({ kind: 'error', status: 403, code: 'AccessDenied', message: 'Access Denied' });
    expect((await tried()).message).toContain(
      `S3 denied s3:GetObjectVersion, or kms:Decrypt with the key ${kmsKey}, on`,
    );
  });

  it('is found by one byte of the pinned version', async () => {
    s3.double.put('kept', film.key, old);
    await s3.reader.confirmReadable(await s3.reader.inspect(kept), signal);
    expect(s3.double.calls.at(-1)).toMatchObject({ range: 'bytes=0-0', versionId: 'version.1' });
  });

  it('is no denial if the object was overwritten in between', async () => {
    s3.double.put('films', film.key, old);
    const source = await s3.reader.inspect(film);
    s3.double.put('films', film.key, newer);
    expect(await rejection(s3.reader.confirmReadable(source, signal))).toMatchObject({
      name: 'SourceSupersededError',
    });
  });
});

describe('B11: Content-Encoding (aws-cli#7856)', () => {
  it.each(['gzip', 'aws-chunked', 'br,gzip', ''])(
    '%j is returned by the inspection',
    async (coding) => {
      s3.double.put('films', film.key, old, { contentEncoding: coding });
      expect((await s3.reader.inspect(film)).contentEncoding ?? '').toBe(coding);
    },
  );
});

describe('B14: a bucket whose requester pays (aws-cli#2557)', () => {
  beforeEach(() => {
    s3.double.createBucket('paid', { requesterPays: true });
    s3.double.put('paid', film.key, old);
  });

  it('is read with requests that all accept the charge', async () => {
    expect(await readBack({ ...film, bucket: 'paid', requestPayer: true })).toBe(sha256(old));
    expect(s3.double.calls.map(({ requestPayer }) => requestPayer)).toEqual(
      Array(3).fill('requester'),
    );
  });

  it('accepts the charge also in the GET after a failed HEAD', async () => {
    s3.double.fail({ kind: 'error', status: 403, code: 'AccessDenied' }, { method: 'HEAD' });
    await rejection(s3.reader.inspect({ ...film, bucket: 'paid', requestPayer: true }));
    expect(s3.double.calls.at(-1)).toMatchObject({ method: 'GET', requestPayer: 'requester' });
  });

  it('names the option if it is not set', async () => {
    expect(await rejection(s3.reader.inspect({ ...film, bucket: 'paid' }))).toMatchObject({
      name: 'SourceAccessDeniedError',
      nextStep: expect.stringContaining('requestPayer'),
    });
  });

  it('is not sent to other buckets', async () => {
    s3.double.put('films', film.key, old);
    await readBack(film);
    expect(s3.double.calls.map(({ requestPayer }) => requestPayer)).toEqual(
      Array(3).fill(undefined),
    );
  });
});

describe('B15: temporarily denied reads (aws-s3-virusscan#17)', () => {
  it.each([['policy'], ['kms'], ['kms-get'], ['version']] as const)(
    'are transient with the source’s option: %s',
    async (reason) => {
      s3.double.put('kept', film.key, old);
      s3.double.deny('kept', film.key, reason);
      const reference = { bucket: 'kept', key: film.key, waitWhileDeniedSeconds: 600 };
      expect(await rejection(readBack(reference))).toMatchObject({
        name: 'SourceDeniedForNowError',
        disposition: 'retry',
      });
    },
  );

  it('do not include rejected credentials', async () => {
    s3.double.fail({ kind: 'error', status: 400, code: 'ExpiredToken' }, { method: 'HEAD' });
    s3.double.fail({ kind: 'error', status: 400, code: 'ExpiredToken' });
    expect(await rejection(readBack({ ...film, waitWhileDeniedSeconds: 600 }))).toMatchObject({
      name: 'SourceCredentialsRejectedError',
    });
  });
});
