import type { SourceReader } from '#src/core/source/source-reader.ts';
import type { S3ClientOf } from './clients.ts';
import { inspectObject } from './inspection.ts';
import { readFirstByte, readRange } from './ranged-read.ts';

export interface S3SourceReaderOptions {
  /** Clients from `createS3Client`: one that retried would hide reads from the engine's count. */
  readonly clientOf: S3ClientOf;
}

/**
 * Reads objects from S3: one HEAD to pin an object, one GET of a byte to try it, one GET for each range. The account and
 * the Region of a reference decide which client asks; who makes the reference takes both from the
 * configuration.
 */
export function createS3SourceReader({ clientOf }: S3SourceReaderOptions): SourceReader {
  return {
    inspect: async (reference, options) => inspectObject(clientOf(reference), reference, options),
    confirmReadable: (source, signal) => readFirstByte(clientOf, source, signal),
    read: (source, range, signal) => readRange(clientOf, { source, range, signal }),
  };
}
