import type { SourceReader } from '#src/core/source/source-reader.ts';
import type { S3ClientOf } from './clients.ts';
import { inspectObject } from './inspection.ts';
import { readFirstByte, readRange } from './ranged-read.ts';

export interface S3SourceReaderOptions {
  /** Clients from `createS3Client`. A client that retries would hide reads from the engine's count. */
  readonly clientOf: S3ClientOf;
}

/**
 * Creates a reader of S3: one HEAD pins an object, one GET of a byte tries it, one GET reads each range.
 * The account and the Region of a reference, which come from the configuration, select the client.
 */
export function createS3SourceReader({ clientOf }: S3SourceReaderOptions): SourceReader {
  return {
    inspect: async (reference, options) => inspectObject(clientOf(reference), reference, options),
    confirmReadable: (source, signal) => readFirstByte(clientOf, source, signal),
    read: (source, range, signal) => readRange(clientOf, { source, range, signal }),
  };
}
