import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { paddedMedia } from '#local/media/padded-media.ts';
import type { Account } from './account.ts';

/** An object in a bucket, with the digest of its bytes. */
export interface Film {
  readonly bucket: string;
  readonly key: string;
  readonly sha256: string;
}

const MiB = 1024 * 1024;

/** Creates a versioned bucket. */
export async function makeBucket({ s3, region }: Account, bucket: string): Promise<void> {
  const CreateBucketConfiguration = { LocationConstraint: region as 'eu-central-1' };
  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
}

/** Makes a bucket send its events to EventBridge. */
export async function enableEvents({ s3 }: Account, bucket: string): Promise<void> {
  const NotificationConfiguration = { EventBridgeConfiguration: {} };
  const notify = { Bucket: bucket, NotificationConfiguration };
  await s3.send(new PutBucketNotificationConfigurationCommand(notify));
}

/** Puts a film with unique bytes into a bucket. */
export async function putFilm(
  s3: S3Client,
  bucket: string,
  key: string,
  sizeMiB: number,
): Promise<Film> {
  const { bytes, sha256 } = await makeFilm(key, sizeMiB);
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
  return { bucket, key, sha256 };
}

/** Writes a film into a folder. Returns its SHA-256. */
export async function writeFilm(folder: string, name: string, sizeMiB: number): Promise<string> {
  const { bytes, sha256 } = await makeFilm(name, sizeMiB);
  await writeFile(join(folder, name), bytes);
  return sha256;
}

async function makeFilm(name: string, sizeMiB: number): Promise<{ bytes: Buffer; sha256: string }> {
  const bytes = await buffer(await paddedMedia(sizeMiB * MiB, name));
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}
