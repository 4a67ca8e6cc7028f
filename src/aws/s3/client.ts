import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { chainedCredentials, namedCalls } from '#src/aws/sdk-bounds.ts';
import { createUndiciRequestHandler } from '#src/aws/undici-request-handler.ts';
import type { HttpAgent } from '#src/http/undici.ts';
import { isRenewable, renewExpired } from './expired-credentials.ts';
import { recordRequestRegion } from './request-region.ts';

export interface S3ClientOptions {
  /** Owns the sockets, and bounds the connecting, the wait for a reply and a silent body. */
  readonly agent: HttpAgent;
  /** Puts the bucket into the path instead of the host name, for a server other than Amazon S3. */
  readonly forcePathStyle?: boolean | undefined;
  /** Default, as for `endpoint` and `credentials`: the SDK's own chain of environment and files. */
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly credentials?: S3ClientConfig['credentials'] | undefined;
}

/**
 * Creates the client for reading sources. It never retries: a read is one counted GET, and the engine
 * decides about a failed one. It requests no checksums of ranges, as the SDK would hash every byte a
 * second time. When a role's credentials have expired, it assumes the role again, once for each request.
 */
export function createS3Client(options: S3ClientOptions): S3Client {
  const { agent, region, endpoint, credentials } = options;
  const client = new S3Client({
    ...namedCalls,
    requestHandler: createUndiciRequestHandler(agent),
    maxAttempts: 1,
    responseChecksumValidation: 'WHEN_REQUIRED',
    forcePathStyle: options.forcePathStyle ?? false,
    // Uses the Region in an access point's ARN.
    useArnRegion: true,
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    credentials: credentials ?? chainedCredentials(),
  });
  recordRequestRegion(client);
  if (isRenewable(credentials)) renewExpired(client, credentials);
  return client;
}
