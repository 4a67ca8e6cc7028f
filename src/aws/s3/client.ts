import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { chainedCredentials, namedCalls } from '#src/aws/sdk-bounds.ts';
import { createUndiciRequestHandler } from '#src/aws/undici-request-handler.ts';
import type { HttpAgent } from '#src/http/undici.ts';
import { recordAskedRegion } from './asked-region.ts';
import { isRenewable, renewExpired } from './expired-credentials.ts';

export interface S3ClientOptions {
  /** Whose sockets are used, and whose bounds: connecting, waiting for a reply, a silent body. */
  readonly agent: HttpAgent;
  /** Bucket in the path instead of the host name: for an S3 that is not Amazon's. */
  readonly forcePathStyle?: boolean | undefined;
  /** Where left out, as all else: by the SDK's own chain of environment and files. */
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly credentials?: S3ClientConfig['credentials'] | undefined;
}

/**
 * The client for reading sources. It never retries: a read is one GET, counted, and what to do about
 * a failed one is the engine's to decide. It does not ask for checksums of ranges, which would have
 * the SDK hash every byte a second time. A role whose credentials have expired is assumed again once.
 */
export function createS3Client(options: S3ClientOptions): S3Client {
  const { agent, region, endpoint, credentials } = options;
  const client = new S3Client({
    ...namedCalls,
    requestHandler: createUndiciRequestHandler(agent),
    maxAttempts: 1,
    responseChecksumValidation: 'WHEN_REQUIRED',
    forcePathStyle: options.forcePathStyle ?? false,
    // The ARN of an access point names its Region, which then decides.
    useArnRegion: true,
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    credentials: credentials ?? chainedCredentials(),
  });
  recordAskedRegion(client);
  if (isRenewable(credentials)) renewExpired(client, credentials);
  return client;
}
