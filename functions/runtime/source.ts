import { createS3SourceReader } from '#src/aws/s3/source-reader.ts';
import { createThrottledSource } from '#src/throttling/throttled-source.ts';
import type { PortPart } from './container.ts';
import { limiter } from './limiter.ts';
import { createSourceClients } from './source-clients.ts';

/** The sources' S3; all functions share the rate of its calls. */
export const source: PortPart<'source'> = {
  port: 'source',
  build: (container) => {
    const reader = createS3SourceReader({ clientOf: createSourceClients(container) });
    return createThrottledSource(reader, container.get(limiter));
  },
};
