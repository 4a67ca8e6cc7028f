import type { S3Client } from '@aws-sdk/client-s3';
import type { SourceReader } from '#src/core/ports.ts';
import { inspectObject } from './s3-inspection.ts';
import { readRange } from './s3-ranged-read.ts';

export interface S3SourceReaderOptions {
  /** From `createS3Client`: one that retried would hide reads from the engine's count. */
  readonly client: S3Client;
}

/** Reads objects from S3: one HEAD to pin an object, one GET for each range of it. */
export function createS3SourceReader({ client }: S3SourceReaderOptions): SourceReader {
  return {
    inspect: (reference) => inspectObject(client, reference),
    read: (source, range, signal) => readRange(client, { source, range, signal }),
  };
}
