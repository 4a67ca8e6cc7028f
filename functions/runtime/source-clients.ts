import { createS3Client } from '#src/aws/s3/client.ts';
import { createS3Clients } from '#src/aws/s3/clients.ts';
import { createReaderCredentials } from '#src/aws/s3/reader-credentials.ts';
import type { Container } from './container.ts';
import { settings } from './settings.ts';
import { sockets } from './sockets.ts';

/** Returns a client for each Region and account of the sources, with the credentials of its reader. */
export function createSourceClients(container: Container) {
  const { clock, env } = container;
  const { readers } = container.get(settings).sources;
  // An S3 at another address, such as a local one, has no host name for each bucket.
  const forcePathStyle = env.AWS_ENDPOINT_URL_S3 !== undefined;
  return createS3Clients({
    open: (region, credentials) => {
      const agent = container.get(sockets).source();
      return createS3Client({ agent, forcePathStyle, region, credentials });
    },
    credentialsOf: createReaderCredentials({ readers, clock }),
  });
}
