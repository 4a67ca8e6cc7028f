import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { sdkFailure } from '#src/aws/sdk-failure.ts';
import { CommandError } from '../command-error.ts';
import { callAsOperator } from '../stack/operator-call.ts';

/** Pages of 1,000 objects that are listed. A million objects take minutes, and half a cent. */
const maxPages = 1_000;

/** The objects to list. */
export interface ListRequest {
  /** What the user named, for messages. */
  readonly url: string;
  readonly bucket: string;
  readonly prefix: string;
  /** Whether the requester pays for the list. */
  readonly requestPayer?: boolean | undefined;
}

/** An object as a list shows it. */
export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** Without quotes. */
  readonly etag: string;
  /** Whether it is in an archive class, and not restored. */
  readonly isArchived: boolean;
}

/**
 * Lists the objects under a prefix, page by page.
 * @throws CommandError - the list is not readable, or too long
 */
export async function* listObjects(
  client: S3Client,
  request: ListRequest,
): AsyncGenerator<readonly ListedObject[]> {
  let token: string | undefined;
  for (let page = 0; page < maxPages; page++) {
    const reply = await listPage(client, request, token);
    const isEncoded = reply.EncodingType === 'url';
    yield (reply.Contents ?? []).map((object) => listedObject(object, isEncoded));
    token = reply.NextContinuationToken;
    if (token === undefined) return;
  }
  throw new CommandError(
    'usage',
    `Too many objects in ${JSON.stringify(request.url)}: more than ${(maxPages * 1000).toLocaleString('en-US')} were listed. Use a longer prefix.`,
  );
}

function listPage(
  client: S3Client,
  { url, bucket, prefix, requestPayer }: ListRequest,
  ContinuationToken: string | undefined,
) {
  const command = new ListObjectsV2Command({
    Bucket: bucket,
    Prefix: prefix,
    ContinuationToken,
    // XML cannot hold every character of a key.
    EncodingType: 'url',
    OptionalObjectAttributes: ['RestoreStatus'],
    ...(requestPayer && { RequestPayer: 'requester' }),
  });
  return callAsOperator('s3:ListBucket', () =>
    client.send(command).catch((error: unknown) => {
      throw sdkFailure(error).name === 'NoSuchBucket' ? missingBucketError(url) : error;
    }),
  );
}

type ListReply = Awaited<ReturnType<typeof listPage>>;

function listedObject(
  { Key = '', Size = 0, ETag = '', StorageClass, RestoreStatus }: ContentsOf<ListReply>,
  isEncoded: boolean,
): ListedObject {
  const isInArchive = /^(GLACIER|DEEP_ARCHIVE)$/.test(StorageClass ?? '');
  return {
    key: isEncoded ? decodeURIComponent(Key.replaceAll('+', ' ')) : Key,
    sizeBytes: Size,
    etag: ETag.replaceAll('"', ''),
    isArchived: isInArchive && RestoreStatus?.RestoreExpiryDate === undefined,
  };
}

type ContentsOf<T extends { Contents?: unknown[] | undefined }> = NonNullable<
  T['Contents']
>[number];

function missingBucketError(url: string): CommandError {
  return new CommandError(
    'notFound',
    `The bucket of ${JSON.stringify(url)} does not exist. Name another.`,
  );
}
