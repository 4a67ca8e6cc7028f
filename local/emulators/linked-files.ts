import { createHash } from 'node:crypto';
import { lstat, mkdir, realpath, rm, stat, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ObjectStore } from '@20minutes/s3rver';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { lastSegment } from '#src/core/source/source-object.ts';
import { fingerprintOf } from './file-fingerprint.ts';

interface ObjectName {
  readonly bucket: string;
  readonly key: string;
}

/** The content of a linked file, if the caller has read it. */
export interface KnownContent {
  /** The file's fingerprint when it was read. */
  readonly fingerprint: string;
  /** Identifies the content. It is no MD5, and must not have the form of one. */
  readonly etag: string;
}

/** The known contents of linked files, by the link's path. */
const knownContents = new WeakMap<ObjectStore, Map<string, KnownContent>>();

/** The longest suffix of s3rver's files. It names them by the last segment of the key. */
const longestSuffix = '._S3rver_metadata.json';
const maxFileNameBytes = 255;

/**
 * Adds a local file to the store as a symbolic link.
 * @throws InvalidInputError - the file does not exist, or the key's last segment is too long
 */
export async function linkFile(
  store: ObjectStore,
  { bucket, key }: ObjectName,
  path: string,
  contentType?: string,
  content?: KnownContent,
): Promise<void> {
  const maxBytes = maxFileNameBytes - longestSuffix.length;
  if (Buffer.byteLength(lastSegment(key)) > maxBytes) {
    throw new TransferError(
      'InvalidInputError',
      `Invalid file name ${JSON.stringify(lastSegment(key))}: must have at most ${maxBytes} bytes`,
    );
  }
  const target = await existingFile(path);
  const link = linkPath(store, bucket, key);
  await mkdir(dirname(link), { recursive: true });
  await rm(link, { force: true });
  await symlink(target, link);
  const known = knownContents.get(store) ?? new Map<string, KnownContent>();
  knownContents.set(store, known);
  if (content) known.set(link, content);
  else known.delete(link);
  const headers = contentType === undefined ? {} : { 'content-type': contentType };
  // Without a stored ETag, s3rver would read the whole file to hash it.
  await store.putMetadata(bucket, key, headers, await etagOf(store, link));
}

/**
 * Adapts a store to links. The ETag of a linked file follows the current file. A PUT on a linked key
 * replaces the link; s3rver alone would write into the file. Listing a bucket removes a link whose file
 * is missing; s3rver alone would answer 500.
 */
export function serveLinks(store: ObjectStore): void {
  const getMetadata = store.getMetadata.bind(store);
  store.getMetadata = async (bucket, key) => {
    const metadata = await getMetadata(bucket, key);
    const link = linkPath(store, bucket, key);
    if (!(await isLink(link))) return metadata;
    return { ...metadata, etag: JSON.stringify(await etagOf(store, link)) };
  };
  const putObject = store.putObject.bind(store);
  store.putObject = async (object) => {
    const link = linkPath(store, object.bucket, object.key);
    if (await isLink(link)) await rm(link);
    return putObject(object);
  };
  const listObjects = store.listObjects.bind(store);
  store.listObjects = async (bucket, options) => {
    try {
      return await listObjects(bucket, options);
    } catch (error) {
      const path = pathNotFound(error);
      if (path === undefined || !(await isLink(path))) throw error;
      await rm(path);
      return store.listObjects(bucket, options);
    }
  };
}

function pathNotFound(error: unknown): string | undefined {
  const { code, path } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? path : undefined;
}

function linkPath(store: ObjectStore, bucket: string, key: string): string {
  return store.getResourcePath(bucket, key, 'object');
}

async function isLink(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isSymbolicLink() ?? false;
}

async function existingFile(path: string): Promise<string> {
  const target = await realpath(path).catch(() => undefined);
  if (target !== undefined && (await stat(target)).isFile()) return target;
  const message = `Invalid file ${JSON.stringify(path)}: must be an existing file`;
  throw new TransferError('InvalidInputError', message);
}

/**
 * Returns the ETag of the known content while the fingerprint is unchanged, else a hash of the fingerprint. The MD5
 * of the content would require reading it for each request: so the ETag has another form than an MD5, which
 * would be sent to a service that compares it.
 */
async function etagOf(store: ObjectStore, link: string): Promise<string> {
  const { text } = await fingerprintOf(link);
  const known = knownContents.get(store)?.get(link);
  if (known?.fingerprint === text) return known.etag;
  return `file-${createHash('md5').update(text).digest('hex')}`;
}
