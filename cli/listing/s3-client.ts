import { S3Client } from '@aws-sdk/client-s3';
import type { Environment } from '../context.ts';
import type { PlaceFlags } from '../options.ts';
import { clientOptions } from '../stack/aws-clients.ts';

/** Opens a client of S3 with the operator's own credentials. The bucket may be in another Region than the profile's. */
export function openS3(flags: Pick<PlaceFlags, 'profile' | 'region'>, env: Environment): S3Client {
  return new S3Client({ ...clientOptions(flags, env), followRegionRedirects: true });
}
