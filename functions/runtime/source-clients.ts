import { createS3Client } from '#src/aws/s3/client.ts';
import { createS3Clients } from '#src/aws/s3/clients.ts';
import { createReaderCredentials } from '#src/aws/s3/reader-credentials.ts';
import { httpAgent } from './agent.ts';
import { clock } from './clock.ts';
import { settings } from './settings.ts';

/** An S3 at an address of its own (a local one, most often) has no DNS name for each bucket. */
const isElsewhere = () => process.env.AWS_ENDPOINT_URL_S3 !== undefined;

/** A client for each place of a source, with the credentials of its reader. */
export function sourceClients() {
  return createS3Clients({
    open: (region, credentials) =>
      createS3Client({
        agent: httpAgent(),
        forcePathStyle: isElsewhere(),
        region,
        credentials,
      }),
    credentialsOf: createReaderCredentials({
      readers: settings().sources.readers,
      clock: clock(),
    }),
  });
}
