import { randomUUID } from 'node:crypto';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { asTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import { type ApiKeySource, RenewedKey } from '#src/core/ports/api-key.ts';
import type { Lease } from '#src/core/ports/lease.ts';
import type { Log } from '#src/core/ports/log.ts';
import { createSecretApiKey, type SecretApiKeyOptions, secretError } from './secret-api-key.ts';

export interface ReplaceableSecretOptions extends SecretApiKeyOptions {
  /** Held while the text is replaced: a service may revoke all tokens if a refresh token is used twice. */
  readonly lease: Lease;
  readonly log: Log;
}

/** The lease outlasts the calls of one replacement: the refresh at the service, and two of Secrets Manager. */
const leaseMs = 90_000;

/** How long a call waits for another function's replacement. Then the step waits, and repeats the call. */
const maxWaitMs = 10_000;

const pollMs = 500;

/** The time between two tries to store a text that could not be stored, in ms. */
const saveAgainMs = 30_000;

/** A text that is in use, and in memory only, because Secrets Manager failed. */
interface Unsaved {
  readonly text: string;
  readonly stored: string;
  readonly nextTryAt: number;
}

/** A secret that the functions read and replace. */
export function createReplaceableSecret(options: ReplaceableSecretOptions): ApiKeySource {
  const { clock } = options;
  const source = createSecretApiKey(options);
  const renewed = new RenewedKey();
  let unsaved: Unsaved | undefined;
  const stored = async () => renewed.currentOf(await source.refresh());
  const save = async (before: string, text: string) => {
    const isSaved = await trySave(options, text);
    const nextTryAt = clock.now() + saveAgainMs;
    unsaved = isSaved ? undefined : { stored: before, text, nextTryAt };
  };
  const saveAgain = async (last: Unsaved) => {
    unsaved = { ...last, nextTryAt: clock.now() + saveAgainMs };
    const now = await source.refresh().catch(() => undefined);
    if (now === last.stored) await save(last.stored, last.text);
    // The operator has stored another token meanwhile.
    else if (now !== undefined) unsaved = undefined;
  };
  const replace: ApiKeySource['replace'] = (outdated, renew) =>
    underLease(options, outdated, stored, async () => {
      const before = await source.refresh();
      const text = renewed.currentOf(before);
      if (text !== outdated) return text;
      const next = await renew(text);
      renewed.remember(before, next);
      await save(before, next);
      return next;
    });
  return {
    get: async () => {
      if (unsaved && clock.now() >= unsaved.nextTryAt) await saveAgain(unsaved);
      return renewed.currentOf(await source.get());
    },
    refresh: stored,
    replace,
    checkReplace: () => checkReplace(options),
  };
}

/** Waits for the lease, or for the text that its holder stores. */
async function underLease(
  { lease, clock }: ReplaceableSecretOptions,
  outdated: string,
  stored: () => Promise<string>,
  work: () => Promise<string>,
): Promise<string> {
  const holder = randomUUID();
  const startedAt = clock.now();
  while (!(await lease.acquire(holder, clock.now(), clock.now() + leaseMs))) {
    if (clock.now() - startedAt >= maxWaitMs)
      throw new TransferError(
        'ServiceUnavailableError',
        `Another function has been refreshing the access token for ${maxWaitMs / 1000} seconds.`,
        { origin: 'service' },
      );
    await clock.sleep(pollMs);
    const text = await stored();
    if (text !== outdated) return text;
  }
  return work().finally(() => release(lease, holder));
}

/** A lease that is not released ends by itself. */
async function release(lease: Lease, holder: string): Promise<void> {
  await lease.release(holder).catch(() => {});
}

/** Returns false if the text is not stored. This process continues with it; other functions cannot. */
async function trySave(
  { client, secretArn, log }: ReplaceableSecretOptions,
  text: string,
): Promise<boolean> {
  try {
    await put(client, secretArn, text);
    return true;
  } catch (error) {
    const { name, message } = asTransferError(error);
    log.error('renewed token not stored', { error: name, reason: message });
    return false;
  }
}

async function put(
  client: SecretsManagerClient,
  SecretId: string,
  SecretString: string,
  ClientRequestToken?: string,
): Promise<void> {
  try {
    await client.send(new PutSecretValueCommand({ SecretId, SecretString, ClientRequestToken }));
  } catch (error) {
    throw secretError(error, `Storing the renewed token in ${SecretId}`);
  }
}

function versionOf(client: SecretsManagerClient, SecretId: string) {
  return client.send(new GetSecretValueCommand({ SecretId })).catch((error: unknown) => {
    throw secretError(error, `Reading the token from ${SecretId}`);
  });
}

/**
 * Stores the present version again under its own id, which Secrets Manager ignores (PutSecretValue, 2026). A
 * function that has the lease shows by itself that storing works.
 */
async function checkReplace(options: ReplaceableSecretOptions): Promise<void> {
  const { client, secretArn: SecretId, lease, clock } = options;
  const holder = randomUUID();
  if (!(await lease.acquire(holder, clock.now(), clock.now() + leaseMs))) return;
  try {
    const { SecretString = '', VersionId } = await versionOf(client, SecretId);
    await put(client, SecretId, SecretString, VersionId);
  } finally {
    await release(lease, holder);
  }
}
