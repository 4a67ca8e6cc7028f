import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { isTransferError, TransferError } from '#src/core/errors/errors.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { ApiKeySource } from '#src/core/stack/api-key.ts';
import { describeSdkFailure, safeCause, sdkFailure } from './sdk-failure.ts';

export interface SecretApiKeyOptions {
  readonly client: SecretsManagerClient;
  readonly secretArn: string;
  readonly clock: Clock;
}

/** A rotated key is in use within five minutes, or at once when the service rejects the old key. */
const cacheMs = 5 * 60 * 1000;

/** Errors that no retry fixes. */
const misconfigured = new Set([
  'ResourceNotFoundException',
  'AccessDeniedException',
  'DecryptionFailure',
  'InvalidParameterException',
  'InvalidRequestException',
  'ValidationException',
  'CredentialsProviderError',
]);

/**
 * Reads the API key from a secret whose whole text is the key. Concurrent calls share one read.
 * @throws ConfigurationError - the secret cannot be read, or is not a key
 * @throws ServiceUnavailableError - Secrets Manager failed; retryable
 */
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
    // A proxy asks for credentials.
    if (isTransferError(error)) throw error;
    const failure = sdkFailure(error);
    const name = misconfigured.has(failure.name) ? 'ConfigurationError' : 'ServiceUnavailableError';
    const message = `Reading the API key from ${secretArn} failed: ${describeSdkFailure(failure)}`;
    throw new TransferError(name, message, { cause: safeCause(error), status: failure.status });
  }
}

/** Printable ASCII without braces: valid in a header, and not JSON. */
const oneWord = /^[!-z|~]+$/;

/** Trims the text, as a pasted key may end with a line break, and checks that it fits into a header. */
function usableKey(text: string | undefined, secretArn: string): string {
  const key = text?.trim() ?? '';
  if (oneWord.test(key)) return key;
  const flaw = key === '' ? 'is empty' : 'is not a single word';
  throw new TransferError(
    'ConfigurationError',
    `Invalid secret ${secretArn}: it ${flaw}. Store only the API key, as plain text and not as JSON.`,
  );
}
