import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { credentialCalls } from '#src/aws/sdk-bounds.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { Reader, Sources } from '#src/core/source/sources.ts';
import { explainRoleFailure } from './role-failures.ts';

type RoleCredentials = Awaited<ReturnType<ReturnType<typeof fromTemporaryCredentials>>>;

/** The SDK calls it for every request; the mark tells it not to keep what it got for itself. */
export type RoleCredentialsProvider = (() => Promise<RoleCredentials>) & {
  readonly memoized: true;
  /** Gives these out no more: they were refused before their time. */
  drop(used: RoleCredentials): void;
};

export interface ReaderCredentialsOptions {
  /** The configured readers by account: the only roles that are ever assumed. */
  readonly readers: Sources['readers'];
  /** For the time by which credentials run out. */
  readonly clock: Clock;
}

/** New ones are fetched this long before the old ones run out, so that none runs out on its way. */
const renewalMs = 5 * 60 * 1000;

/** How we are named in the other account's CloudTrail. */
const sessionName = 'chunkferry';

/**
 * Gives an account's reader role as credentials, assumed at STS of our own Region with the
 * configured external id. They are kept until shortly before they run out; reads at once share one
 * call. The provider throws SourceRoleRefusedError where STS refuses, and SourceUnavailableError
 * (retryable) where STS fails.
 * @throws SourceNotConfiguredError - the account has no configured reader, whoever names it
 */
export function createReaderCredentials({
  readers,
  clock,
}: ReaderCredentialsOptions): (account: string) => RoleCredentialsProvider {
  const providers = new Map<string, RoleCredentialsProvider>();
  return (account) => {
    const provider = providers.get(account) ?? kept(assumption(readerOf(readers, account)), clock);
    providers.set(account, provider);
    return provider;
  };
}

function readerOf(readers: Sources['readers'], account: string): Reader {
  const reader = Object.hasOwn(readers, account) ? readers[account] : undefined;
  if (reader) return reader;
  throw new TransferError(
    'SourceNotConfiguredError',
    `no reader role is configured for the account ${JSON.stringify(account)}`,
  );
}

/** One call of STS, with the few retries of the SDK. */
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

function kept(fetch: () => Promise<RoleCredentials>, clock: Clock): RoleCredentialsProvider {
  let held: RoleCredentials | undefined;
  let fetching: Promise<RoleCredentials> | undefined;
  const isGood = ({ expiration }: RoleCredentials) =>
    expiration !== undefined && clock.now() < expiration.getTime() - renewalMs;
  const renew = async () => {
    held = await fetch();
    return held;
  };
  const provide = async () => {
    if (held && isGood(held)) return held;
    fetching ??= renew().finally(() => {
      fetching = undefined;
    });
    return fetching;
  };
  // Of reads at once, only the first one drops what they all used.
  const drop = (used: RoleCredentials) => {
    if (held === used) held = undefined;
  };
  return Object.assign(provide, { memoized: true, drop } as const);
}
