import { createWriteStream } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Crc64Nvme } from '@aws-sdk/checksums/crc';
import { paddedMedia, smallestMediaBytes } from '#local/media/padded-media.ts';
import { formatBytes } from '#local/terminal/size.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';

/** Copies of an object on the disk at most: itself, its download, and the chunk files of the SDK helper. */
const copiesByHelper = 3;

const writeBytes = 1024 * 1024;

/**
 * Checks the sizes before any work is done.
 * @throws InvalidInputError - a size is too small, the disk has too little space, or the folder is
 *   missing
 */
export async function checkSizes(sizes: readonly number[], directory: string): Promise<void> {
  const least = await smallestMediaBytes();
  const tooSmall = sizes.find((size) => size < least);
  if (tooSmall !== undefined) {
    throw new TransferError(
      'InvalidInputError',
      `Invalid size ${tooSmall}: must be at least ${least} bytes, the size of the sample`,
    );
  }
  const { bavail, bsize } = await freeSpaceIn(directory);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const needed = total + (copiesByHelper - 1) * Math.max(...sizes);
  if (bavail * bsize >= needed) return;
  throw new TransferError(
    'InvalidInputError',
    `Not enough space in ${JSON.stringify(directory)}: ${formatBytes(bavail * bsize)} are free, ${formatBytes(needed)} are needed. Use smaller --sizes or another --directory`,
  );
}

async function freeSpaceIn(directory: string): Promise<{ bavail: number; bsize: number }> {
  const found = await statfs(directory).catch(() => undefined);
  if (found) return found;
  throw new TransferError(
    'InvalidInputError',
    `Invalid --directory ${JSON.stringify(directory)}: must be an existing folder`,
  );
}

/** An object to move. */
export interface Film {
  readonly key: string;
  readonly sizeBytes: number;
}

/** A film on the disk. */
export interface FilmFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** The checksum that S3 stores with most objects, in base64. */
  readonly crc64nvme: string;
}

/** Creates a film of this size. Flushes it to the disk: later runs must not pay for its writes. */
export async function createFilm(directory: string, sizeBytes: number): Promise<FilmFile> {
  const path = join(directory, `film-${sizeBytes}.mp4`);
  // The SDK's own, so the send path is compared with a checksum of others.
  const crc = new Crc64Nvme();
  const summed = new Transform({
    transform(bytes: Buffer, _encoding, done) {
      crc.update(bytes);
      done(null, bytes);
    },
  });
  await pipeline(
    await paddedMedia(sizeBytes),
    summed,
    createWriteStream(path, { highWaterMark: writeBytes, flush: true }),
  );
  const crc64nvme = Buffer.from(await crc.digest()).toString('base64');
  return { path, sizeBytes, crc64nvme };
}
