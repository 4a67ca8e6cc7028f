import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import type { SourceReference } from '#src/core/source/source-object.ts';

/** Where an object is: whose and in which Region. What is left out is our own. */
export type SourcePlace = Pick<SourceReference, 'account' | 'region'>;

/**
 * Gives the client that reads in a place.
 * @throws SourceNotConfiguredError - no reader is configured for the account
 */
export type S3ClientOf = (place: SourcePlace) => S3Client;

export interface S3ClientsOptions {
  /** Makes the client of a place; without credentials it has the SDK's own chain. */
  readonly open: (
    region: string | undefined,
    credentials: S3ClientConfig['credentials'] | undefined,
  ) => S3Client;
  /** @throws SourceNotConfiguredError - no reader is configured for the account */
  readonly credentialsOf: (account: string) => NonNullable<S3ClientConfig['credentials']>;
}

/** More places than one function is busy with at once; a client is cheap to make again. */
const maxKept = 32;

/**
 * One client a place, made when it is first needed and kept. Beyond the bound the one that was not
 * used for longest goes; a read that is under way with it goes on, the sockets being the agent's.
 */
export function createS3Clients({ open, credentialsOf }: S3ClientsOptions): S3ClientOf {
  const kept = new Map<string, S3Client>();
  return ({ account, region }) => {
    const credentials = account === undefined ? undefined : credentialsOf(account);
    const place = JSON.stringify([account, region]);
    const client = kept.get(place) ?? open(region, credentials);
    // A map keeps the order of insertion, so the first is the one not used for longest.
    kept.delete(place);
    kept.set(place, client);
    if (kept.size > maxKept) kept.delete(kept.keys().next().value ?? '');
    return client;
  };
}
