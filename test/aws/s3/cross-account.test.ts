import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Container, createContainer } from '#functions/runtime/container.ts';
import { source } from '#functions/runtime/source.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import { type S3Double, startS3Double } from '../../doubles/s3/s3-double.ts';
import { type StsDouble, startStsDouble } from '../../doubles/sts-double.ts';
import { failureOf } from '../../http/served-transport.ts';
import { canaries } from '../../security/canaries/canaries.ts';
import { digestAll, sha256 } from './s3-fixture.ts';

const account = '444455556666';
const roleArn = `arn:aws:iam::${account}:role/reader`;
const bytes = Buffer.alloc(64 * 1024, 'film');
const film = { bucket: 'films', key: 'film.mp4' };
const theirs = { ...film, account, region: 'eu-west-1' };

/** This S3 accepts only signatures with the role's credentials: the own ones have another secret. */
let s3: S3Double;
let sts: StsDouble;
let container: Container;
beforeEach(async () => {
  s3 = await startS3Double({ buckets: ['films'], secretAccessKey: canaries.secretAccessKey });
  sts = await startStsDouble({
    roles: { [roleArn]: 'the-id' },
    secretAccessKey: canaries.secretAccessKey,
  });
  s3.put('films', film.key, bytes);
  vi.stubEnv('AWS_ENDPOINT_URL_S3', s3.endpoint);
  vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.endpoint);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAOWN');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'our own');
  vi.stubEnv('SOURCES', sourcesWith({ [account]: { roleArn, externalId: 'the-id' } }));
  container = createContainer(process.env);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await container.close();
  await s3.close();
  await sts.close();
});

function sourcesWith(readers: object): string {
  return JSON.stringify({ list: [{ bucket: 'films', account, region: 'eu-west-1' }], readers });
}

const readTenth = (object: SourceObject, tenth: number) => {
  const range = { start: tenth * 6_000, endInclusive: tenth * 6_000 + 5_999 };
  return digestAll(container.get(source).read(object, range, new AbortController().signal));
};

describe("another account's object", () => {
  it('is inspected and read with the reader role of that account, assumed once for all reads', async () => {
    const object = await container.get(source).inspect(theirs);
    const read = await Promise.all(
      Array.from({ length: 10 }, (_, tenth) => readTenth(object, tenth)),
    );
    expect(read.map((one) => one.sha256)).toEqual(
      Array.from({ length: 10 }, (_, tenth) =>
        sha256(bytes.subarray(tenth * 6_000, tenth * 6_000 + 6_000)),
      ),
    );
    expect(sts.calls).toEqual([
      expect.objectContaining({ roleArn, externalId: 'the-id', region: 'us-east-1' }),
    ]);
  });

  it('is read by its row, with account and Region from JSON', async () => {
    const object = JSON.parse(JSON.stringify(await container.get(source).inspect(theirs)));
    container.reset();
    expect((await readTenth(object, 0)).sizeBytes).toBe(6_000);
    expect(sts.calls).toHaveLength(2);
  });

  it("is not read with a role from the object's data", async () => {
    const object = await container.get(source).inspect(theirs);
    const roleOfOther = 'arn:aws:iam::999999999999:role/other';
    const forged = { ...object, account: '999999999999', roleArn: roleOfOther };
    expect(await failureOf(readTenth(forged, 0))).toMatchObject({
      name: 'SourceNotConfiguredError',
      message: expect.stringContaining('999999999999'),
    });
    const named = { ...object, roleArn: roleOfOther, externalId: 'x' };
    expect((await readTenth(named, 0)).sizeBytes).toBe(6_000);
    expect(sts.calls.map((call) => call.roleArn)).toEqual([roleArn]);
  });

  it("is not read with this stack's own credentials", async () => {
    expect(await failureOf(container.get(source).inspect(film))).toMatchObject({
      name: 'SourceSignatureRejectedError',
    });
    expect(sts.calls).toEqual([]);
  });

  it("is rejected with the role and STS's message if STS denies the role", async () => {
    vi.stubEnv('SOURCES', sourcesWith({ [account]: { roleArn, externalId: 'another' } }));
    container.reset();
    expect(await failureOf(container.get(source).inspect(theirs))).toMatchObject({
      name: 'SourceRoleRejectedError',
      message: expect.stringContaining(roleArn),
    });
    expect(s3.calls).toEqual([]);
  });

  it('is read with new credentials after S3 reports expired ones', async () => {
    const object = await container.get(source).inspect(theirs);
    const expired = { kind: 'error', status: 400, code: 'ExpiredToken' } as const;
    s3.fail(expired);
    s3.fail(expired);
    const read = await Promise.all([readTenth(object, 0), readTenth(object, 1)]);
    expect(read.map(({ sizeBytes }) => sizeBytes)).toEqual([6_000, 6_000]);
    expect(sts.calls).toHaveLength(2);
  });

  it('fails temporarily for an inspection with expired credentials: the next attempt has new ones', async () => {
    await container.get(source).inspect(theirs);
    const expired = { kind: 'error', status: 400, code: 'ExpiredToken' } as const;
    s3.fail(expired, { method: 'HEAD' });
    s3.fail(expired, { method: 'GET' });
    expect(await failureOf(container.get(source).inspect(theirs))).toMatchObject({
      disposition: 'retry',
    });
    expect(await container.get(source).inspect(theirs)).toMatchObject({ sizeBytes: bytes.length });
    expect(sts.calls).toHaveLength(2);
  });

  it('is rejected by name if new credentials have expired too', async () => {
    const object = await container.get(source).inspect(theirs);
    const expired = { kind: 'error', status: 400, code: 'ExpiredToken' } as const;
    s3.fail(expired);
    s3.fail(expired);
    expect(await failureOf(readTenth(object, 0))).toMatchObject({
      name: 'SourceCredentialsRejectedError',
    });
  });

  it('can be read later if STS fails now; read and inspection throw the same error', async () => {
    const object = await container.get(source).inspect(theirs);
    container.reset();
    sts.failNext({ status: 503, code: 'ServiceUnavailable', message: 'later' }, 6);
    const unavailable = { name: 'SourceUnavailableError', disposition: 'retry' };
    expect(await failureOf(container.get(source).inspect(theirs))).toMatchObject(unavailable);
    expect(await failureOf(readTenth(object, 0))).toMatchObject(unavailable);
    expect((await readTenth(object, 0)).sizeBytes).toBe(6_000);
  });
});
