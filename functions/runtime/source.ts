import { createS3SourceReader } from '#src/aws/s3/source-reader.ts';
import { throttledSource } from '#src/rates/throttled-source.ts';
import { port } from './given.ts';
import { limiter } from './limiter.ts';
import { sourceClients } from './source-clients.ts';

/** The sources' S3, its calls limited by the rate that all functions share. */
export const source = () =>
  port('source', () =>
    throttledSource(createS3SourceReader({ clientOf: sourceClients() }), limiter()),
  );
