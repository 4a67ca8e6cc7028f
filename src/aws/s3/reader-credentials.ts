import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { credentialCalls } from '#src/aws/sdk-bounds.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { Reader, Sources } from '#src/core/source/sources.ts';
import { explainRoleFailure } from './role-failures.ts';

type RoleCredentials = Awaited<ReturnType<ReturnType<typeof fromTemporaryCredentials>>>;

/** Provides credentials for every request. `memoized` stops the SDK from caching them itself. */
export type RoleCredentialsProvider = (() => Promise<RoleCredentials>) & {
  readonly memoized: true;
  /** Drops credentials that S3 rejected before they expired. */
  drop(used: RoleCredentials): void;
};

export interface ReaderCredentialsOptions {
  /** The configured readers by account. No other role is assumed. */
  readonly readers: Sources['readers'];
  /** Compared with the credentials' expiry. */
  readonly clock: Clock;
}

/** Credentials are renewed this long before they expire, in ms: none expires during a request. */
const renewalMs = 5 * 60 * 1000;

/** The session name in the other account's CloudTrail. */
const sessionName = 'chunkferry';

/**
 * Returns the credentials of an account's reader role, from STS in this Region with the configured
 * external id. They are cached until shortly before they expire; concurrent reads share one call. The
 * provider throws SourceRoleRejectedError if STS denies the role, and SourceUnavailableError (retryable)
 * if STS fails.
 * @throws SourceNotConfiguredError - the account has no configured reader
 */
export function createReaderCredentials({
  readers,
  clock,
}: ReaderCredentialsOptions): (account: string) => RoleCredentialsProvider {
  const providers = new Map<string, RoleCredentialsProvider>();
  return (account) => {
    const provider =
      providers.get(account) ?? cached(assumption(readerOf(readers, account)), clock);
    providers.set(account, provider);
    return provider;
  };
}

function readerOf(readers: Sources['readers'], account: string): Reader {
  const reader = Object.hasOwn(readers, account) ? readers[account] : undefined;
  if (reader) return reader;
  throw new TransferError(
    'SourceNotConfiguredError',
    `Unknown account ${JSON.stringify(account)}: no reader role is configured for it.`,
  );
}

/** Returns a function that makes one call of STS, with the SDK's retries. */
function assumption({ roleArn, externalId }: Reader): () => Promise<RoleCredentials> {
  const assume = fromTemporaryCredentials({
    params: { RoleArn: roleArn, ExternalId: externalId, RoleSessionName: sessionName },
    clientConfig: credentialCalls,
  });
  return async () => {
    try {
      return await assume();
    } catch (error) {
      throw explainRoleFailure(error, roleArn);
    }
  };
}

function cached(fetch: () => Promise<RoleCredentials>, clock: Clock): RoleCredentialsProvider {
  let held: RoleCredentials | undefined;
  let fetching: Promise<RoleCredentials> | undefined;
  const isFresh = ({ expiration }: RoleCredentials) =>
    expiration !== undefined && clock.now() < expiration.getTime() - renewalMs;
  const renew = async () => {
    held = await fetch();
    return held;
  };
  const provide = async () => {
    if (held && isFresh(held)) return held;
    fetching ??= renew().finally(() => {
      fetching = undefined;
    });
    return fetching;
  };
  // Several reads may report the same credentials; newer ones stay.
  const drop = (used: RoleCredentials) => {
    if (held === used) held = undefined;
  };
  return Object.assign(provide, { memoized: true, drop } as const);
}
