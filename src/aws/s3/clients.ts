import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import type { SourceReference } from '#src/core/source/source-object.ts';

/** The account and the Region of an object. Default: this stack's own. */
export type SourcePlace = Pick<SourceReference, 'account' | 'region'>;

/**
 * Returns the client for a place.
 * @throws SourceNotConfiguredError - no reader is configured for the account
 */
export type S3ClientOf = (place: SourcePlace) => S3Client;

export interface S3ClientsOptions {
  /** Creates the client of a place. Default credentials: the SDK's own chain. */
  readonly open: (
    region: string | undefined,
    credentials: S3ClientConfig['credentials'] | undefined,
  ) => S3Client;
  /** @throws SourceNotConfiguredError - no reader is configured for the account */
  readonly credentialsOf: (account: string) => NonNullable<S3ClientConfig['credentials']>;
}

/** More places than one function reads from at a time. A client is cheap to create again. */
const maxClients = 32;

/**
 * Creates one client for each place, at its first use. Beyond the bound it drops the least recently used
 * client. A read in progress continues, as the agent owns the sockets.
 */
export function createS3Clients({ open, credentialsOf }: S3ClientsOptions): S3ClientOf {
  const clients = new Map<string, S3Client>();
  return ({ account, region }) => {
    const credentials = account === undefined ? undefined : credentialsOf(account);
    const place = JSON.stringify([account, region]);
    const client = clients.get(place) ?? open(region, credentials);
    // A map keeps the order of insertion, so its first entry is the least recently used.
    clients.delete(place);
    clients.set(place, client);
    if (clients.size > maxClients) clients.delete(clients.keys().next().value ?? '');
    return client;
  };
}
