import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createReaderCredentials } from '#src/aws/s3/reader-credentials.ts';
import { type StsDouble, startStsDouble } from '../../doubles/sts-double.ts';
import { ManualClock } from '../../harness/clock.ts';
import { failureOf } from '../../http/served-transport.ts';
import { canaries } from '../../security/canaries/canaries.ts';

const studio = { account: '444455556666', roleArn: 'arn:aws:iam::444455556666:role/reader' };
const archive = { account: '777788889999', roleArn: 'arn:aws:iam::777788889999:role/other' };
const readers = {
  [studio.account]: { roleArn: studio.roleArn, externalId: 'studio-id' },
  [archive.account]: { roleArn: archive.roleArn, externalId: 'archive-id' },
};

let clock: ManualClock;
let sts: StsDouble;
let credentialsOf: ReturnType<typeof createReaderCredentials>;
beforeEach(async () => {
  clock = new ManualClock(undefined, 'owner');
  sts = await startStsDouble({
    roles: { [studio.roleArn]: 'studio-id', [archive.roleArn]: 'archive-id' },
    secretAccessKey: canaries.secretAccessKey,
    now: clock.now,
  });
  vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.endpoint);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAOWN');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'our own');
  credentialsOf = createReaderCredentials({ readers, clock });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await sts.close();
});

const minutes = (count: number) => count * 60 * 1000;
const read = (account = studio.account) => credentialsOf(account)();

describe("the reader's credentials", () => {
  it('are those of the configured role, from STS in this Region with the external id', async () => {
    expect(await read()).toMatchObject({
      accessKeyId: 'ASIA0000000000000001',
      secretAccessKey: canaries.secretAccessKey,
      sessionToken: `${canaries.sessionToken}-1`,
    });
    const { roleArn } = studio;
    expect(sts.calls).toEqual([
      { roleArn, externalId: 'studio-id', sessionName: 'chunkferry', region: 'eu-central-1' },
    ]);
  });

  it('are requested once for concurrent and later reads', async () => {
    await Promise.all(Array.from({ length: 20 }, () => read()));
    await read();
    expect(sts.calls).toHaveLength(1);
  });

  it('are renewed five minutes before they expire, and not earlier', async () => {
    await read();
    clock.advance(minutes(55) - 1);
    expect(await read()).toMatchObject({ sessionToken: `${canaries.sessionToken}-1` });
    clock.advance(1);
    const renewed = await Promise.all([read(), read()]);
    expect(renewed.map(({ sessionToken }) => sessionToken)).toEqual([
      `${canaries.sessionToken}-2`,
      `${canaries.sessionToken}-2`,
    ]);
    expect(sts.calls).toHaveLength(2);
  });

  it('differ by account', async () => {
    await Promise.all([read(studio.account), read(archive.account)]);
    expect(sts.calls.map(({ roleArn }) => roleArn).sort()).toEqual([
      studio.roleArn,
      archive.roleArn,
    ]);
    expect(sts.calls.map(({ externalId }) => externalId).sort()).toEqual([
      'archive-id',
      'studio-id',
    ]);
  });

  it.each(['111122223333', '', studio.roleArn, '__proto__', 'constructor'])(
    'are rejected for an account without a configured reader: %j',
    async (account) => {
      const error = await failureOf(Promise.resolve().then(() => read(account)));
      expect(error).toMatchObject({
        name: 'SourceNotConfiguredError',
        message: expect.stringContaining(JSON.stringify(account)),
      });
      expect(sts.calls).toEqual([]);
    },
  );
});

describe('a denial by STS', () => {
  it("of an external id names the role and STS's message", async () => {
    const wrong = { [studio.account]: { roleArn: studio.roleArn, externalId: 'wrong' } };
    const provider = createReaderCredentials({ readers: wrong, clock })(studio.account);
    expect(await failureOf(provider())).toMatchObject({
      name: 'SourceRoleRejectedError',
      disposition: 'fail',
      status: 403,
      message: expect.stringMatching(
        /^AssumeRole was denied for the reader role arn:aws:iam::444455556666:role\/reader: AccessDenied \(403\): .*is not authorized to perform: sts:AssumeRole/,
      ),
    });
    expect(sts.calls).toHaveLength(1);
  });

  it.each([
    ['ValidationError', 400],
    ['RegionDisabledException', 403],
    ['InvalidClientTokenId', 403],
    ['ExpiredTokenException', 400],
  ])('with %s (%i) is final', async (code, status) => {
    sts.failNext({ status, code, message: 'no' }, 9);
    expect(await failureOf(read())).toMatchObject({ name: 'SourceRoleRejectedError', status });
  });

  it('is not cached: the next read requests again', async () => {
    sts.failNext({ status: 403, code: 'AccessDenied', message: 'not yet' });
    await failureOf(read());
    expect(await read()).toMatchObject({ sessionToken: `${canaries.sessionToken}-2` });
  });
});

describe('a failing STS', () => {
  it.each([
    ['Throttling', 400],
    ['ThrottlingException', 400],
    ['InternalFailure', 500],
    ['ServiceUnavailable', 503],
  ])('with %s (%i) is unavailable after three attempts', async (code, status) => {
    sts.failNext({ status, code, message: 'later' }, 9);
    expect(await failureOf(read())).toMatchObject({
      name: 'SourceUnavailableError',
      disposition: 'retry',
      message: expect.stringContaining(studio.roleArn),
    });
    expect(sts.calls).toHaveLength(3);
  });

  it('with one error has no effect', async () => {
    sts.failNext({ status: 503, code: 'ServiceUnavailable', message: 'later' });
    expect(await read()).toMatchObject({ sessionToken: `${canaries.sessionToken}-2` });
  });

  it('without a reply is unavailable', async () => {
    sts.failNext('reset', 9);
    expect(await failureOf(read())).toMatchObject({ name: 'SourceUnavailableError' });
  });

  it('that is unreachable is unavailable', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_STS', 'http://127.0.0.1:1');
    expect(await failureOf(read())).toMatchObject({ name: 'SourceUnavailableError' });
  });
});

it('throws ConfigurationError without own credentials', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere/config');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere/credentials');
  expect(await failureOf(read())).toMatchObject({ name: 'ConfigurationError' });
  expect(sts.calls).toEqual([]);
});
