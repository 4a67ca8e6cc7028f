import type { RequestListener } from 'node:http';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Container, createContainer } from '#functions/runtime/container.ts';
import { source } from '#functions/runtime/source.ts';
import { createSecretApiKey } from '#src/aws/secret-api-key.ts';
import { mockedClient } from '../../aws/mocked-client.ts';
import { startS3Double } from '../../doubles/s3/s3-double.ts';
import { startStsDouble } from '../../doubles/sts-double.ts';
import { startServer } from '../../http/http-server.ts';
import { failureOf } from '../../http/served-transport.ts';
import { canaries, canariesIn } from './canaries.ts';
import { dumpOf } from './search.ts';

let container: Container;
const { secretValue, secretAccessKey, sessionToken } = canaries;

afterEach(async () => {
  vi.unstubAllEnvs();
  await container?.close();
});

describe('the value of Secrets Manager is in no error', () => {
  const secrets = mockedClient(SecretsManagerClient);
  afterEach(() => void secrets.reset());

  const failure = () => {
    const clock = { now: () => 0, sleep: async () => {}, after: () => () => {} };
    const client = new SecretsManagerClient({ region: 'us-east-1' });
    return failureOf(createSecretApiKey({ client, secretArn: 'arn:secret', clock }).get());
  };

  it.each([
    ['JSON', JSON.stringify({ key: secretValue })],
    ['two words', `the ${secretValue}`],
    ['two lines', `${secretValue}\n${secretValue}`],
  ])('if it is %s and not a key', async (_, SecretString) => {
    secrets.on(GetSecretValueCommand).resolves({ SecretString });
    const error = await failure();
    expect(error.name).toBe('ConfigurationError');
    expect(canariesIn(dumpOf(error))).toEqual([]);
  });
});

describe('the credentials of STS', () => {
  const account = '444455556666';
  const roleArn = `arn:aws:iam::${account}:role/reader`;
  const film = { bucket: 'films', key: 'film.mp4', account, region: 'eu-west-1' };
  const readers = { [account]: { roleArn, externalId: 'the-id' } };

  beforeEach(async () => {
    const sts = await startStsDouble({ roles: { [roleArn]: 'the-id' }, secretAccessKey });
    onTestFinished(() => sts.close());
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.endpoint);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAOWN');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
    vi.stubEnv('AWS_SESSION_TOKEN', sessionToken);
    vi.stubEnv('SOURCES', JSON.stringify({ list: [film], readers }));
    container = createContainer(process.env);
  });

  it('sign reads, and are in no error after a rejected signature', async () => {
    const s3 = await startS3Double({ buckets: ['films'], secretAccessKey });
    onTestFinished(() => s3.close());
    s3.put('films', film.key, Buffer.from('bytes'));
    vi.stubEnv('AWS_ENDPOINT_URL_S3', s3.endpoint);
    expect((await container.get(source).inspect(film)).sizeBytes).toBe(5);
    const other = await startS3Double({ buckets: ['films'], secretAccessKey: 'another' });
    onTestFinished(() => other.close());
    vi.stubEnv('AWS_ENDPOINT_URL_S3', other.endpoint);
    container.reset();
    const error = await failureOf(container.get(source).inspect(film));
    expect(error.name).toBe('SourceSignatureRejectedError');
    expect(canariesIn(dumpOf(error))).toEqual([]);
  });

  it.each([
    [400, 'InvalidToken', 'Token-0'],
    [400, 'ExpiredToken', 'Token-0'],
    [403, 'SignatureDoesNotMatch', 'CanonicalRequest'],
  ])(
    'are in no error if S3 answers %i %s and repeats the request',
    async (status, code, element) => {
      const own = { ...film, account: undefined };
      const echo = await startServer(echoing(status, code, element));
      onTestFinished(() => echo.close());
      vi.stubEnv('AWS_ENDPOINT_URL_S3', echo.origin);
      vi.stubEnv('SOURCES', JSON.stringify({ list: [own], readers: {} }));
      container.reset();
      const { bucket, key } = film;
      const error = await failureOf(container.get(source).inspect({ bucket, key }));
      expect(canariesIn(error.message)).toEqual([]);
      expect(canariesIn(dumpOf(error))).toEqual([]);
    },
  );
});

/** Returns an S3 listener that repeats the token, as S3 does in such errors. */
function echoing(status: number, code: string, element: string): RequestListener {
  return ({ method, headers }, response) => {
    const sent = `x-amz-security-token:${headers['x-amz-security-token']}`;
    const xml = `<Error><Code>${code}</Code><Message>No.</Message><${element}>${sent}</${element}></Error>`;
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(method === 'HEAD' ? undefined : xml);
  };
}
