import { HeadObjectCommand, type HeadObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import type { ContentDigests, SourceReference } from '#src/core/source/source-object.ts';
import { addressOf } from './address.ts';

/** An ETag of one MD5 sum, or of the parts' MD5 sums with the number of parts. */
const md5Etag = /^"?([0-9a-f]{32}(?:-(\d{1,5}))?)"?$/;

/**
 * Returns the digests that prove an object's content. An ETag is made of MD5 sums only if S3 encrypts
 * with its own keys or not at all (S3 API, Object, 2026). An ETag of parts needs the size of the first
 * part, which takes one more HEAD. Never rejects: if that HEAD fails, nothing is proven and the object
 * is transferred as usual.
 */
export async function digestsOf(
  client: S3Client,
  head: HeadObjectCommandOutput,
  reference: SourceReference,
): Promise<ContentDigests | undefined> {
  const sha256 = fullSha256(head);
  const [, md5, parts] = (isMd5Etag(head, reference) && md5Etag.exec(head.ETag ?? '')) || [];
  if (md5 === undefined) return sha256 === undefined ? undefined : { sha256 };
  if (parts === undefined) return { sha256, md5 };
  const firstPartBytes = await firstPartOf(client, head, reference, Number(parts));
  if (firstPartBytes !== undefined) return { sha256, md5, firstPartBytes };
  return sha256 === undefined ? undefined : { sha256 };
}

/** Returns the MD5 of an object whose ETag is that. An ETag of parts is not. */
export function wholeMd5Of(
  head: HeadObjectCommandOutput,
  reference: SourceReference,
): string | undefined {
  const [, md5, parts] = (isMd5Etag(head, reference) && md5Etag.exec(head.ETag ?? '')) || [];
  return parts === undefined ? md5 : undefined;
}

/** Returns the SHA-256 of the bytes. A composite SHA-256 is a sum of the parts' sums. */
function fullSha256({ ChecksumSHA256, ChecksumType }: HeadObjectCommandOutput) {
  const isFull = ChecksumType === 'FULL_OBJECT' && !ChecksumSHA256?.includes('-');
  return isFull ? ChecksumSHA256 : undefined;
}

/** Names of directory buckets, Outposts, Object Lambda and file systems behind S3, which have their own ETags. */
const otherStorage = /--(x|xa|op|ol)-s3$|-ext-s3alias$|^arn:[^:]*:s3-/;

/** With SSE-KMS and SSE-C, the ETag is not a sum of the object's bytes. */
function isMd5Etag(
  { ServerSideEncryption, SSECustomerAlgorithm }: HeadObjectCommandOutput,
  { bucket }: SourceReference,
): boolean {
  if (SSECustomerAlgorithm !== undefined || otherStorage.test(bucket)) return false;
  return ServerSideEncryption === undefined || ServerSideEncryption === 'AES256';
}

/** Returns undefined if S3 does not report it, if the number of parts differs, or if the object has changed. */
async function firstPartOf(
  client: S3Client,
  { ETag, VersionId }: HeadObjectCommandOutput,
  reference: SourceReference,
  parts: number,
): Promise<number | undefined> {
  const pinned = { ...reference, versionId: VersionId ?? reference.versionId };
  const ask = { ...addressOf(pinned), IfMatch: ETag, PartNumber: 1 };
  try {
    const part = await client.send(new HeadObjectCommand(ask));
    return part.PartsCount === parts ? part.ContentLength : undefined;
  } catch {
    return undefined;
  }
}
