import type { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type {
  SourceChecksum,
  SourceObject,
  SourceReference,
} from '#src/core/source/source-object.ts';
import type { InspectOptions } from '#src/core/source/source-reader.ts';
import { addressOf } from './address.ts';
import { digestsOf, wholeMd5Of } from './digests.ts';
import { explainS3Failure, explainStatus, nameOfObject, sseCText } from './failures.ts';

/**
 * Pins the current version of an object by one HEAD. If S3 rejects the HEAD, whose reply has no error
 * body, one GET of the first byte finds the reason.
 * @throws SourceNotFoundError, SourceAccessDeniedError, SourceArchivedError, SourceCustomerEncryptedError
 * @throws SourceRegionMismatchError - the bucket is in another Region than its source names
 * @throws SourceRoleRejectedError - STS denies the reader role of the object's account
 * @throws ConfigurationError - no Region or credentials are set
 * @throws InvalidInputError - S3 or the SDK rejects the name itself
 * @throws SourceProtocolError - the reply has no ETag or no size
 * @throws SourceUnavailableError - S3 failed; retryable
 */
export async function inspectObject(
  client: S3Client,
  reference: SourceReference,
  { withDigests, withMd5 }: InspectOptions = {},
): Promise<SourceObject> {
  const head = await headOf(client, reference);
  assertNotCustomerEncrypted(head, reference);
  assertNotArchived(head, reference);
  const object = pinned(head, reference);
  const md5 = withMd5 ? wholeMd5Of(head, reference) : undefined;
  const digests = withDigests ? await digestsOf(client, head, reference) : undefined;
  return { ...object, ...(md5 && { md5 }), ...(withDigests && { digests }) };
}

async function headOf(
  client: S3Client,
  reference: SourceReference,
): Promise<HeadObjectCommandOutput> {
  try {
    return await client.send(
      new HeadObjectCommand({ ...addressOf(reference), ChecksumMode: 'ENABLED' }),
    );
  } catch (error) {
    // A HEAD's 404 has no code: the object or the bucket may be missing.
    throw explainStatus(error, reference) ?? (await reasonFromFirstByte(client, reference, error));
  }
}

/** Returns the error of a GET for an object whose HEAD failed. */
async function reasonFromFirstByte(
  client: S3Client,
  reference: SourceReference,
  rejection: unknown,
): Promise<TransferError> {
  try {
    const { Body } = await client.send(
      new GetObjectCommand({ ...addressOf(reference), Range: 'bytes=0-0' }),
    );
    (Body as Readable | undefined)?.destroy();
  } catch (error) {
    return explainS3Failure(error, reference);
  }
  const message = `HeadObject failed for ${nameOfObject(reference)}, and GetObject succeeded.`;
  return new TransferError('SourceUnavailableError', message, { cause: rejection });
}

function assertNotCustomerEncrypted(
  head: HeadObjectCommandOutput,
  reference: SourceReference,
): void {
  if (head.SSECustomerAlgorithm === undefined) return;
  throw new TransferError('SourceCustomerEncryptedError', sseCText(nameOfObject(reference)));
}

const archiveClasses = new Set<string | undefined>(['GLACIER', 'DEEP_ARCHIVE']);

/** An archived object has no readable bytes until a restore has ended; GLACIER_IR is readable at once. */
function assertNotArchived(head: HeadObjectCommandOutput, reference: SourceReference): void {
  const archive =
    head.ArchiveStatus ?? (archiveClasses.has(head.StorageClass) ? head.StorageClass : undefined);
  if (archive === undefined || head.Restore?.includes('ongoing-request="false"')) return;
  const restore = head.Restore ? 'its restore is in progress' : 'it is not restored';
  throw new TransferError(
    'SourceArchivedError',
    `${nameOfObject(reference)} is archived in ${archive}: ${restore}.`,
  );
}

/**
 * Returns the object as every later read names it. Some servers name no version in the reply for
 * `null`, so the requested version remains.
 */
function pinned(head: HeadObjectCommandOutput, reference: SourceReference): SourceObject {
  const { ETag, ContentLength, VersionId } = head;
  if (ETag === undefined || ContentLength === undefined) {
    const missing = ETag === undefined ? 'ETag' : 'size';
    const message = `Invalid reply to HeadObject for ${nameOfObject(reference)}: it has no ${missing}.`;
    throw new TransferError('SourceProtocolError', message);
  }
  const checksum = fullObjectChecksum(head);
  return {
    ...reference,
    versionId: VersionId ?? reference.versionId,
    etag: unquoteEtag(ETag),
    sizeBytes: ContentLength,
    contentType: head.ContentType,
    checksum,
    otherChecksum: checksum ? undefined : otherChecksum(head),
    contentEncoding: head.ContentEncoding,
    kmsKey: head.SSEKMSKeyId,
  };
}

/** Removes the quotes that S3 puts around an ETag. */
export function unquoteEtag(etag: string): string {
  return etag.replace(/^"|"$/g, '');
}

/** Returns an object's full checksum; of several, the cheapest to compute. */
function fullObjectChecksum(head: HeadObjectCommandOutput): SourceChecksum | undefined {
  if (head.ChecksumType !== 'FULL_OBJECT') return undefined;
  const values = {
    CRC32: head.ChecksumCRC32,
    CRC32C: head.ChecksumCRC32C,
    CRC64NVME: head.ChecksumCRC64NVME,
  };
  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME'] as const) {
    const value = values[algorithm];
    if (value !== undefined && !value.includes('-')) return { algorithm, value };
  }
  return undefined;
}

/** Returns the type and the algorithm of any other checksum, in S3's words. */
function otherChecksum(head: HeadObjectCommandOutput): string | undefined {
  const algorithm = Object.keys(head)
    .map((field) => /^Checksum([A-Z0-9]+)$/.exec(field)?.[1])
    .find((found) => found !== undefined && head[`Checksum${found}` as keyof typeof head]);
  return algorithm && `${head.ChecksumType ?? 'COMPOSITE'} ${algorithm}`;
}
