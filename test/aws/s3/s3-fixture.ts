import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { createS3Client } from '#src/aws/s3/client.ts';
import { createS3SourceReader } from '#src/aws/s3/source-reader.ts';
import type { ByteRange } from '#src/core/source/byte-range.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import { type S3Double, type S3DoubleOptions, startS3Double } from '../../doubles/s3/s3-double.ts';
import { canaries } from '../../security/canaries/canaries.ts';

export interface S3Fixture {
  readonly double: S3Double;
  readonly reader: SourceReader;
  /** The reader's own client. */
  readonly client: S3Client;
  /** A reader that fails after a short silence, for quick tests of a stall. */
  readonly impatient: SourceReader;
  /** Reads a range to its end; returns the SHA-256 of the bytes in hex, and their number. */
  readAll(source: SourceObject, range: ByteRange): Promise<{ sha256: string; sizeBytes: number }>;
  close(): Promise<void>;
}

const credentials = { accessKeyId: 'reader', secretAccessKey: canaries.secretAccessKey as string };

/** Long enough for a busy machine, and short enough for a test. */
const patienceMs = { usual: 10_000, impatient: 300 };

/** Starts the double and a reader of it; the double checks every signature. */
export async function startS3(options: S3DoubleOptions = {}): Promise<S3Fixture> {
  const double = await startS3Double({
    ...options,
    secretAccessKey: credentials.secretAccessKey,
  });
  const usual = readerOf(double.endpoint);
  const impatient = readerOf(double.endpoint, credentials, patienceMs.impatient);
  return {
    double,
    reader: usual.reader,
    client: usual.client,
    impatient: impatient.reader,
    readAll: (source, range) =>
      digestAll(usual.reader.read(source, range, new AbortController().signal)),
    close: async () => {
      await usual.close();
      await impatient.close();
      await double.close();
    },
  };
}

/** Creates a reader of any S3 on this machine. */
export function readerOf(endpoint: string, keys = credentials, silenceMs = patienceMs.usual) {
  const agent = createAgent({ headersTimeoutMs: silenceMs, bodyTimeoutMs: silenceMs });
  const client = createS3Client({
    agent,
    endpoint,
    forcePathStyle: true,
    region: 'us-east-1',
    credentials: keys,
  });
  return {
    reader: createS3SourceReader({ clientOf: () => client }),
    client,
    close: () => closeAgent(agent),
  };
}

export async function digestAll(bytes: AsyncIterable<Uint8Array>) {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const piece of bytes) {
    hash.update(piece);
    sizeBytes += piece.length;
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Waits up to a second until a condition holds. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !isSo(); i++) await new Promise((wake) => setTimeout(wake, 5));
}
