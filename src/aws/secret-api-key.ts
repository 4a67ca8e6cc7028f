import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { isTransferError, TransferError } from '#src/core/errors/errors.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { ApiKeySource } from '#src/core/stack/api-key.ts';
import { bareCause, describeSdkFailure, sdkFailure } from './sdk-failure.ts';

export interface SecretApiKeyOptions {
  readonly client: SecretsManagerClient;
  readonly secretArn: string;
  readonly clock: Clock;
}

/** A rotated key is used after five minutes at the latest, or at once when the old one is refused. */
const cacheMs = 5 * 60 * 1000;

/** What no second try can mend. */
const misconfigured = new Set([
  'ResourceNotFoundException',
  'AccessDeniedException',
  'DecryptionFailure',
  'InvalidParameterException',
  'InvalidRequestException',
  'ValidationException',
  'CredentialsProviderError',
]);

/** Reads the API key from a secret that holds it alone, as plain text. Calls at once share one reading. */
export function createSecretApiKey({
  client,
  secretArn,
  clock,
}: SecretApiKeyOptions): ApiKeySource {
  let cached: { readonly key: string; readonly until: number } | undefined;
  let reading: Promise<string> | undefined;

  const read = async () => {
    const key = usableKey(await secretText(client, secretArn), secretArn);
    cached = { key, until: clock.now() + cacheMs };
    return key;
  };
  const refresh = () => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const get = async () => (cached && clock.now() < cached.until ? cached.key : refresh());
  return { get, refresh };
}

async function secretText(
  client: SecretsManagerClient,
  secretArn: string,
): Promise<string | undefined> {
  try {
    const command = new GetSecretValueCommand({ SecretId: secretArn });
    return (await client.send(command)).SecretString;
  } catch (error) {
    // Of a proxy: it asks for credentials.
    if (isTransferError(error)) throw error;
    const failure = sdkFailure(error);
    const name = misconfigured.has(failure.name) ? 'ConfigurationError' : 'ServiceUnavailableError';
    const message = `can't read the API key from ${secretArn}: ${describeSdkFailure(failure)}`;
    throw new TransferError(name, message, { cause: bareCause(error), status: failure.status });
  }
}

/** Printable ASCII without braces: what a header takes, and no JSON. */
const oneWord = /^[!-z|~]+$/;

/** A key goes into a header, so it is one word; pasted line ends are cut off. */
function usableKey(text: string | undefined, secretArn: string): string {
  const key = text?.trim() ?? '';
  if (oneWord.test(key)) return key;
  throw new TransferError(
    'ConfigurationError',
    `the secret ${secretArn} ${key === '' ? 'is empty' : 'is not one word'}: put the API key alone into it, as plain text and not as JSON`,
  );
}
