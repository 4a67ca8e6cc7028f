import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { splitS3Url } from '#src/core/source/buckets.ts';
import { CommandError } from '../command-error.ts';
import type { Environment } from '../context.ts';
import { type ListedObject, listObjects } from '../listing/list-objects.ts';
import { openS3 } from '../listing/s3-client.ts';
import type { PlaceFlags } from '../options.ts';

/** The objects under a prefix. */
export interface ObjectSums {
  readonly bytes: number;
  readonly objects: number;
  /** Objects that are in an archive class: they must be restored first. */
  readonly archived: number;
  /** Objects that the service does not take by their extension. */
  readonly otherTypes: number;
  /** Objects above the limit of the service. */
  readonly tooLarge: number;
}

/** The objects under a prefix, and where they are. */
export interface PlacedSums extends ObjectSums {
  /** The Region of the bucket; undefined if S3 does not name it. */
  readonly region?: string | undefined;
}

/**
 * Lists and sums the objects under `s3://bucket/prefix`, without folders and empty objects.
 * @param mostBytes - returns the limit of the service for a key; undefined if it does not take the type
 * @param progress - called after each page with the objects so far
 * @throws CommandError - the list is not readable, has no object, or is too long
 */
export async function sumObjects(
  url: string,
  flags: Pick<PlaceFlags, 'profile' | 'region'>,
  env: Environment,
  mostBytes: (key: string, sizeBytes: number) => number | undefined,
  progress: (objects: number) => void,
): Promise<PlacedSums> {
  const place = placeIn(url);
  const client = openS3(flags, env);
  const sums = { bytes: 0, objects: 0, archived: 0, otherTypes: 0, tooLarge: 0 };
  for await (const page of listObjects(client, { url, ...place })) {
    for (const object of page) add(sums, object, mostBytes);
    progress(sums.objects);
  }
  return { ...assertFilled(sums, url), region: await regionOf(client, place.bucket) };
}

/** Splits a URL whose key is a prefix, which may be empty. */
function placeIn(url: string): { readonly bucket: string; readonly prefix: string } {
  if (!/^s3:\/\/[^/]/.test(url))
    throw new CommandError(
      'usage',
      `Invalid source ${JSON.stringify(url)}: must be s3://bucket or s3://bucket/prefix.`,
    );
  const whole = /^s3:\/\/[^/]*$/.test(url) ? `${url}/` : url;
  // A prefix may be empty, a key may not.
  const { bucket, key } = splitS3Url(`${whole}*`);
  return { bucket, prefix: key.slice(0, -1) };
}

type Sums = { -readonly [Name in keyof ObjectSums]: number };

function add(
  sums: Sums,
  { key, sizeBytes, isArchived }: ListedObject,
  mostBytes: (key: string, sizeBytes: number) => number | undefined,
): void {
  if (sizeBytes === 0 || key.endsWith('/')) return;
  sums.bytes += sizeBytes;
  sums.objects += 1;
  if (isArchived) sums.archived += 1;
  const most = mostBytes(key, sizeBytes);
  if (most === undefined) sums.otherTypes += 1;
  else if (sizeBytes > most) sums.tooLarge += 1;
}

function assertFilled(sums: Sums, url: string): Sums {
  if (sums.objects > 0) return sums;
  throw new CommandError(
    'notFound',
    `No object with content in ${JSON.stringify(url)}. Check the prefix: it is case-sensitive and begins after the bucket's name.`,
  );
}

/** Returns undefined if the bucket cannot be asked: the list was readable nevertheless. */
async function regionOf(client: S3Client, Bucket: string): Promise<string | undefined> {
  const reply = await client.send(new HeadBucketCommand({ Bucket })).catch(() => undefined);
  return reply?.BucketRegion;
}
