import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { splitS3Url } from '#src/core/source/buckets.ts';
import { typeOfExtension } from '#src/core/source/media-types.ts';
import { extensionOf } from '#src/core/source/source-object.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import { fingerprintOf } from '../emulators/file-fingerprint.ts';
import { hashFile } from './file-hash.ts';

/** The source of one run. */
export interface IngestSource {
  /** The name that the user gave. */
  readonly name: string;
  readonly bucket: string;
  readonly key: string;
  /** Identifies the state of this source on disk. The same content has the same state. */
  readonly stateId: string;
  /** Set for a local file. */
  readonly file?: LocalFile | undefined;
}

/** A local file. It is served as an object whose key and ETag identify its content. */
export interface LocalFile {
  readonly path: string;
  readonly filename: string;
  readonly contentType: string;
  readonly content: { readonly fingerprint: string; readonly etag: string };
}

/** The bucket of all local files. */
const localBucket = 'this-computer';

/** Called while a file is hashed. */
export type HashProgress = (bytes: number, sizeBytes: number) => void;

/**
 * Reads the source: `s3://bucket/key`, or a file, which is hashed unless its hash is known.
 * @param destination - decides whether it takes the file, without a call
 * @param stateHome - folder with the hashes of unchanged files
 * @throws InvalidInputError - the source is neither a file nor an s3:// URL
 * @throws SourceEmptyError, SourceTypeUnsupportedError - before a byte is read
 */
export async function readSource(
  name: string,
  destination: Pick<Destination, 'accept'>,
  stateHome: string,
  onProgress: HashProgress,
): Promise<IngestSource> {
  if (name.startsWith('s3://')) return readUrl(name);
  return readFile(name, destination, stateHome, onProgress);
}

function readUrl(name: string): IngestSource {
  return { name, ...splitS3Url(name), stateId: digest(name) };
}

async function readFile(
  name: string,
  destination: Pick<Destination, 'accept'>,
  stateHome: string,
  onProgress: HashProgress,
): Promise<IngestSource> {
  const sizeBytes = await sizeOf(name);
  const filename = basename(name);
  destination.accept({ key: filename, sizeBytes });
  const contentType = contentTypeOf(filename);
  const { path } = await fingerprintOf(name);
  const { sha256, fingerprint } = await hashFile(path, {
    directory: join(stateHome, 'hashes'),
    onProgress: (bytes) => onProgress(bytes, sizeBytes),
  });
  const content = { fingerprint, etag: `sha256-${sha256.slice(0, 32)}` };
  const file = { path, filename, contentType, content };
  return { name, bucket: localBucket, key: sha256, stateId: sha256.slice(0, 16), file };
}

/** A file has no content type: the pipeline reads one that leads to the same media type as the extension. */
function contentTypeOf(filename: string): string {
  const extension = extensionOf(filename);
  const type = typeOfExtension(extension);
  // Its key has no extension.
  if (extension === 'pdf') return 'application/pdf';
  return type === undefined ? 'application/octet-stream' : `${type}/${extension}`;
}

async function sizeOf(name: string): Promise<number> {
  const found = await stat(name).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (!found?.isFile()) {
    throw new TransferError(
      'InvalidInputError',
      `Invalid source ${JSON.stringify(name)}: must be an existing file or an s3:// URL`,
    );
  }
  if (found.size > 0) return found.size;
  throw new TransferError('SourceEmptyError', `${JSON.stringify(name)} has 0 bytes`);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Replaces the URL and key of a local file in a text by the name that the user gave. */
export function withUserNames(text: string, { name, bucket, key }: IngestSource): string {
  return text
    .replaceAll(`s3://${bucket}/${key}`, () => name)
    .replaceAll(JSON.stringify(key), () => JSON.stringify(name));
}
