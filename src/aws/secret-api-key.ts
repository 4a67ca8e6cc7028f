import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { isTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import type { ApiKeySource } from '#src/core/ports/api-key.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import { describeSdkFailure, safeCause, sdkFailure } from './sdk-failure.ts';

export interface SecretApiKeyOptions {
  readonly client: SecretsManagerClient;
  readonly secretArn: string;
  readonly clock: Clock;
  /** Returns why a text is not the secret, such as "is not JSON". Default: it must be a single word. */
  readonly flawOf?: ((text: string) => string | undefined) | undefined;
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
 * Reads the API key from a secret whose whole text is the key, or what `flawOf` accepts. Concurrent calls share one read.
 * @throws ConfigurationError - the secret cannot be read, or is not a key
 * @throws ServiceUnavailableError - Secrets Manager failed; retryable
 */
export function createSecretApiKey({
  client,
  secretArn,
  clock,
  flawOf = flawOfWord,
}: SecretApiKeyOptions): ApiKeySource {
  let cached: { readonly key: string; readonly until: number } | undefined;
  let reading: Promise<string> | undefined;

  const read = async () => {
    const key = usableKey(await secretText(client, secretArn), secretArn, flawOf);
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
    throw secretError(error, `Reading the API key from ${secretArn}`);
  }
}

/**
 * Returns the error of a call to Secrets Manager.
 * @param what - what failed, such as "Reading the API key from arn:…"
 */
export function secretError(error: unknown, what: string): TransferError {
  // A proxy asks for credentials.
  if (isTransferError(error)) return error;
  const failure = sdkFailure(error);
  const name = misconfigured.has(failure.name) ? 'ConfigurationError' : 'ServiceUnavailableError';
  const message = `${what} failed: ${describeSdkFailure(failure)}`;
  return new TransferError(name, message, { cause: safeCause(error), status: failure.status });
}

/** Printable ASCII without braces: valid in a header, and not JSON. */
const oneWord = /^[!-z|~]+$/;

function flawOfWord(text: string): string | undefined {
  if (oneWord.test(text)) return undefined;
  const flaw = text === '' ? 'is empty' : 'is not a single word';
  return `${flaw}. Store only the API key, as plain text and not as JSON`;
}

/** Trims the text, as a pasted key may end with a line break, and checks its form. */
function usableKey(
  text: string | undefined,
  secretArn: string,
  flawOf: (text: string) => string | undefined,
): string {
  const key = text?.trim() ?? '';
  const flaw = flawOf(key);
  if (flaw === undefined) return key;
  throw new TransferError('ConfigurationError', `Invalid secret ${secretArn}: it ${flaw}.`);
}
