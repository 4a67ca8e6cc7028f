import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, it } from 'vitest';
import { createSecretApiKey } from '#src/aws/secret-api-key.ts';
import { canaries } from '../security/canaries/canaries.ts';
import { mockedClient } from './mocked-client.ts';

const secrets = mockedClient(SecretsManagerClient);
afterEach(() => {
  secrets.reset();
});

const secretArn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:key-AbCdEf';
const minute = 60_000;

function apiKey() {
  const time = { now: 0 };
  const clock = { now: () => time.now, sleep: async () => {}, after: () => () => {} };
  const client = new SecretsManagerClient({ region: 'us-east-1' });
  return { time, source: createSecretApiKey({ client, secretArn, clock }) };
}

describe('the API key', () => {
  it('is read once and cached for five minutes', async () => {
    secrets
      .on(GetSecretValueCommand, { SecretId: secretArn })
      .resolves({ SecretString: canaries.secretValue });
    const { time, source } = apiKey();
    expect(await source.get()).toBe(canaries.secretValue);
    time.now = 5 * minute - 1;
    expect(await source.get()).toBe(canaries.secretValue);
    expect(secrets.calls()).toHaveLength(1);
  });

  it('is read again after five minutes', async () => {
    secrets
      .on(GetSecretValueCommand)
      .resolvesOnce({ SecretString: canaries.secretValue })
      .resolves({ SecretString: 'two' });
    const { time, source } = apiKey();
    await source.get();
    time.now = 5 * minute;
    expect(await source.get()).toBe('two');
  });

  it('is read again by `refresh`, and that key is cached', async () => {
    secrets
      .on(GetSecretValueCommand)
      .resolvesOnce({ SecretString: canaries.secretValue })
      .resolves({ SecretString: 'two' });
    const { source } = apiKey();
    await source.get();
    expect(await source.refresh()).toBe('two');
    expect(await source.get()).toBe('two');
    expect(secrets.calls()).toHaveLength(2);
  });

  it('is read once for concurrent calls', async () => {
    secrets.on(GetSecretValueCommand).resolves({ SecretString: canaries.secretValue });
    const { source } = apiKey();
    const keys = await Promise.all([source.get(), source.refresh(), source.get()]);
    expect(keys).toEqual([canaries.secretValue, canaries.secretValue, canaries.secretValue]);
    expect(secrets.calls()).toHaveLength(1);
  });

  it('loses pasted line breaks', async () => {
    secrets.on(GetSecretValueCommand).resolves({ SecretString: ` ${canaries.secretValue}\n` });
    expect(await apiKey().source.get()).toBe(canaries.secretValue);
  });
});

describe('a secret without a key', () => {
  it.each([
    ['nothing', {}, 'is empty'],
    ['blanks', { SecretString: ' \n' }, 'is empty'],
    ['bytes', { SecretBinary: new Uint8Array([1]) }, 'is empty'],
    ['JSON', { SecretString: '{"apiKey":"s3cr3t"}' }, 'is not a single word'],
    ['lines', { SecretString: 's3cr3t\ns3cr3t' }, 'is not a single word'],
  ])('but with %s is reported without its value', async (_, reply, flaw) => {
    secrets.on(GetSecretValueCommand).resolves(reply);
    await expect(apiKey().source.get()).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: `Invalid secret ${secretArn}: it ${flaw}. Store only the API key, as plain text and not as JSON.`,
    });
  });

  it.each([
    ['ResourceNotFoundException', 'ConfigurationError'],
    ['AccessDeniedException', 'ConfigurationError'],
    ['DecryptionFailure', 'ConfigurationError'],
    ['InternalServiceError', 'ServiceUnavailableError'],
    ['TimeoutError', 'ServiceUnavailableError'],
  ])('causes, for %s, %s', async (name, ours) => {
    secrets.onAnyCommand().rejects(Object.assign(new Error('said'), { name }));
    await expect(apiKey().source.get()).rejects.toMatchObject({
      name: ours,
      message: `Reading the API key from ${secretArn} failed: ${name}: said`,
    });
  });

  it('is read again at the next call', async () => {
    secrets
      .on(GetSecretValueCommand)
      .rejectsOnce(new Error('no'))
      .resolves({ SecretString: canaries.secretValue });
    const { source } = apiKey();
    await expect(source.get()).rejects.toThrow();
    expect(await source.get()).toBe(canaries.secretValue);
  });
});
