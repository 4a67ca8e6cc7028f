import type { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { TransferError } from '#src/core/errors/errors.ts';
import type {
  SourceChecksum,
  SourceObject,
  SourceReference,
} from '#src/core/source/source-object.ts';
import type { InspectOptions } from '#src/core/source/source-reader.ts';
import { addressOf } from './address.ts';
import { digestsOf } from './digests.ts';
import { explainS3Failure, explainStatus, nameOfObject, sseCText } from './failures.ts';

/**
 * Pins an object as it is now, by one HEAD. Where S3 refuses the HEAD, which has no error body, one
 * GET of the first byte asks for the reason.
 * @throws SourceNotFoundError, SourceAccessDeniedError, SourceArchivedError, SourceCustomerEncryptedError
 * @throws SourceRegionMismatchError - the bucket is in another Region than its source names
 * @throws SourceRoleRefusedError - STS does not give the reader role of the object's account
 * @throws ConfigurationError - no Region or credentials are set
 * @throws InvalidInputError - S3 or the SDK refuses the name itself
 * @throws SourceProtocolError - the reply lacks what an object always has
 * @throws SourceUnavailableError - S3 failed; retryable
 */
export async function inspectObject(
  client: S3Client,
  reference: SourceReference,
  { withDigests }: InspectOptions = {},
): Promise<SourceObject> {
  const head = await headOf(client, reference);
  assertNotCustomerEncrypted(head, reference);
  assertNotArchived(head, reference);
  const object = pinned(head, reference);
  return withDigests ? { ...object, digests: await digestsOf(client, head, reference) } : object;
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
    // The 404 of a HEAD does not say whether the object is missing or the bucket.
    throw explainStatus(error, reference) ?? (await reasonFromFirstByte(client, reference, error));
  }
}

/** What a GET says of an object whose HEAD was refused. */
async function reasonFromFirstByte(
  client: S3Client,
  reference: SourceReference,
  refusal: unknown,
): Promise<TransferError> {
  try {
    const { Body } = await client.send(
      new GetObjectCommand({ ...addressOf(reference), Range: 'bytes=0-0' }),
    );
    (Body as Readable | undefined)?.destroy();
  } catch (error) {
    return explainS3Failure(error, reference);
  }
  return new TransferError(
    'SourceUnavailableError',
    `S3 refused HEAD of ${nameOfObject(reference)} but allows GET`,
    { cause: refusal },
  );
}

function assertNotCustomerEncrypted(
  head: HeadObjectCommandOutput,
  reference: SourceReference,
): void {
  if (head.SSECustomerAlgorithm === undefined) return;
  throw new TransferError('SourceCustomerEncryptedError', sseCText(nameOfObject(reference)));
}

const archiveClasses = new Set<string | undefined>(['GLACIER', 'DEEP_ARCHIVE']);

/** An archived object has a HEAD but no bytes until a restore has ended. GLACIER_IR has bytes at once. */
function assertNotArchived(head: HeadObjectCommandOutput, reference: SourceReference): void {
  const archive =
    head.ArchiveStatus ?? (archiveClasses.has(head.StorageClass) ? head.StorageClass : undefined);
  if (archive === undefined || head.Restore?.includes('ongoing-request="false"')) return;
  const restore = head.Restore ? 'its restore is still under way' : 'it was not restored';
  throw new TransferError(
    'SourceArchivedError',
    `${nameOfObject(reference)} is archived in ${archive}; ${restore}`,
  );
}

/**
 * The object as every later read names it. A version that was asked for is kept where the reply names
 * none, as some servers do for `null`.
 */
function pinned(head: HeadObjectCommandOutput, reference: SourceReference): SourceObject {
  const { ETag, ContentLength, VersionId } = head;
  if (ETag === undefined || ContentLength === undefined) {
    throw new TransferError(
      'SourceProtocolError',
      `HEAD of ${nameOfObject(reference)} gave no ${ETag === undefined ? 'ETag' : 'size'}`,
    );
  }
  const checksum = fullObjectChecksum(head);
  return {
    ...reference,
    versionId: VersionId ?? reference.versionId,
    etag: withoutQuotes(ETag),
    sizeBytes: ContentLength,
    contentType: head.ContentType,
    checksum,
    otherChecksum: checksum ? undefined : otherChecksum(head),
    contentEncoding: head.ContentEncoding,
    kmsKey: head.SSEKMSKeyId,
  };
}

/** S3 quotes ETags; everything here keeps them bare. */
export function withoutQuotes(etag: string): string {
  return etag.replace(/^"|"$/g, '');
}

/** The cheapest to compute first, where an object should have several. */
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

/** Type and algorithm of whatever checksum the object has, as S3 names them. */
function otherChecksum(head: HeadObjectCommandOutput): string | undefined {
  const algorithm = Object.keys(head)
    .map((field) => /^Checksum([A-Z0-9]+)$/.exec(field)?.[1])
    .find((found) => found !== undefined && head[`Checksum${found}` as keyof typeof head]);
  return algorithm && `${head.ChecksumType ?? 'COMPOSITE'} ${algorithm}`;
}
