import { HeadBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { sdkFailure } from '#src/aws/sdk-failure.ts';
import { typeOfExtension } from '#src/core/source/media-types.ts';
import { extensionOf } from '#src/core/source/source-object.ts';
import { CommandError } from '../command-error.ts';
import type { Environment } from '../context.ts';
import type { PlaceFlags } from '../options.ts';
import { clientOptions } from '../stack/aws-clients.ts';
import { operatorCall } from '../stack/operator-call.ts';

/** Pages of 1,000 objects that are listed. A million objects take minutes, and half a cent. */
const maxPages = 1_000;

/** The objects under a prefix. */
export interface ListedObjects {
  readonly bytes: number;
  readonly objects: number;
  /** Objects that are in an archive class: they must be restored first. */
  readonly archived: number;
  /** Objects whose extension is of no media. */
  readonly otherTypes: number;
  /** Objects above the limit of the service. */
  readonly tooLarge: number;
  /** The Region of the bucket; undefined if S3 does not name it. */
  readonly region?: string | undefined;
}

/**
 * Lists the objects under `s3://bucket/prefix`, without folders and empty objects.
 * @param mostBytes - returns the limit of the service for a key
 * @param progress - called after each page with the objects so far
 * @throws CommandError - the list is not readable, has no object, or is too long
 */
export async function listObjects(
  url: string,
  flags: Pick<PlaceFlags, 'profile' | 'region'>,
  env: Environment,
  mostBytes: (key: string) => number,
  progress: (objects: number) => void,
): Promise<ListedObjects> {
  const [, Bucket = '', Prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(url) ?? [];
  if (Bucket === '')
    throw new CommandError(
      'usage',
      `Invalid source ${JSON.stringify(url)}: must be s3://bucket or s3://bucket/prefix.`,
    );
  // The bucket may be in another Region than the profile's.
  const client = new S3Client({ ...clientOptions(flags, env), followRegionRedirects: true });
  const sums = { bytes: 0, objects: 0, archived: 0, otherTypes: 0, tooLarge: 0 };
  let ContinuationToken: string | undefined;
  for (let page = 0; page < maxPages; page++) {
    const command = new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken });
    const reply = await listCall(url, () => client.send(command));
    for (const object of reply.Contents ?? []) add(sums, object, mostBytes);
    progress(sums.objects);
    ContinuationToken = reply.NextContinuationToken;
    if (ContinuationToken === undefined)
      return { ...filled(sums, url), region: await regionOf(client, Bucket) };
  }
  throw new CommandError(
    'usage',
    `Too many objects in ${JSON.stringify(url)}: more than ${(maxPages * 1000).toLocaleString('en-US')} were listed. Use a longer prefix, or --bytes and --objects from the metrics of the bucket.`,
  );
}

type Sums = Record<'bytes' | 'objects' | 'archived' | 'otherTypes' | 'tooLarge', number>;

interface S3Object {
  readonly Key?: string | undefined;
  readonly Size?: number | undefined;
  readonly StorageClass?: string | undefined;
}

function add(
  sums: Sums,
  { Key = '', Size = 0, StorageClass = '' }: S3Object,
  mostBytes: (key: string) => number,
): void {
  if (Size === 0 || Key.endsWith('/')) return;
  sums.bytes += Size;
  sums.objects += 1;
  if (/^(GLACIER|DEEP_ARCHIVE)$/.test(StorageClass)) sums.archived += 1;
  if (typeOfExtension(extensionOf(Key)) === undefined) sums.otherTypes += 1;
  if (Size > mostBytes(Key)) sums.tooLarge += 1;
}

function filled(sums: Sums, url: string): Sums {
  if (sums.objects > 0) return sums;
  throw new CommandError(
    'notFound',
    `No object with content in ${JSON.stringify(url)}. Check the prefix: it is case-sensitive and begins after the bucket's name.`,
  );
}

async function listCall<T>(url: string, call: () => Promise<T>): Promise<T> {
  return operatorCall('s3:ListBucket', async () => {
    try {
      return await call();
    } catch (error) {
      if (sdkFailure(error).name !== 'NoSuchBucket') throw error;
      throw new CommandError(
        'notFound',
        `The bucket of ${JSON.stringify(url)} does not exist. Name another.`,
      );
    }
  });
}

/** Returns undefined if the bucket cannot be asked: the list was readable nevertheless. */
async function regionOf(client: S3Client, Bucket: string): Promise<string | undefined> {
  const reply = await client.send(new HeadBucketCommand({ Bucket })).catch(() => undefined);
  return reply?.BucketRegion;
}
