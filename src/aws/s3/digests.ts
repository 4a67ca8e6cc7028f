import { HeadObjectCommand, type HeadObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import type { ContentDigests, SourceReference } from '#src/core/source/source-object.ts';
import { addressOf } from './address.ts';

/** An ETag of MD5 sums, with the number of parts where it is made of theirs. */
const md5Etag = /^"?([0-9a-f]{32}(?:-(\d{1,5}))?)"?$/;

/**
 * Reads which digests of an object prove its content. An ETag is made of MD5 sums only where S3
 * encrypts with its own keys or not at all (S3 API, Object, 2026). An ETag of parts counts with the
 * size of the first part, which one more HEAD tells. Never rejects: where that HEAD fails, nothing is
 * proven, and the object is transferred as usual.
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

/** A composite SHA-256 sums up the parts' sums; only a full one is of the bytes. */
function fullSha256({ ChecksumSHA256, ChecksumType }: HeadObjectCommandOutput) {
  const isFull = ChecksumType === 'FULL_OBJECT' && !ChecksumSHA256?.includes('-');
  return isFull ? ChecksumSHA256 : undefined;
}

/** Directory buckets, Outposts, Object Lambda and file systems behind S3 make ETags of their own. */
const otherStorage = /--(x|xa|op|ol)-s3$|-ext-s3alias$|^arn:[^:]*:s3-/;

/** What SSE-KMS and SSE-C leave as an ETag is no sum of the object's bytes. */
function isMd5Etag(
  { ServerSideEncryption, SSECustomerAlgorithm }: HeadObjectCommandOutput,
  { bucket }: SourceReference,
): boolean {
  if (SSECustomerAlgorithm !== undefined || otherStorage.test(bucket)) return false;
  return ServerSideEncryption === undefined || ServerSideEncryption === 'AES256';
}

/** Undefined where S3 does not tell, or the object has another number of parts or is another by now. */
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
