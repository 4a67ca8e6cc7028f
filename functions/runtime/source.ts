import { createS3Client } from '#src/aws/s3-client.ts';
import { createS3SourceReader } from '#src/aws/s3-source-reader.ts';
import { httpAgent } from './agent.ts';
import { port } from './given.ts';

/** An S3 at an address of its own (a local one, most often) has no DNS name for each bucket. */
const isElsewhere = () => process.env.AWS_ENDPOINT_URL_S3 !== undefined;

export const source = () =>
  port('source', () =>
    createS3SourceReader({
      client: createS3Client({ agent: httpAgent(), forcePathStyle: isElsewhere() }),
    }),
  );
