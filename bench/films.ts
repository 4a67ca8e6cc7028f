import { createWriteStream } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { formatBytes } from '#local/commands/size.ts';
import { paddedMedia, smallestMediaBytes } from '#local/media/padded-media.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import type { Servers } from './servers.ts';

/** Times its size that an object is on the disk at most: itself, its download, the helper's chunk files. */
const copiesByHelper = 3;

const writeBytes = 1024 * 1024;

/**
 * Refuses sizes that can't be measured before any work is done.
 * @throws InvalidInputError - one is too small for a film, the disk has no room for all, or the
 *   folder is not there
 */
export async function checkSizes(sizes: readonly number[], directory: string): Promise<void> {
  const least = await smallestMediaBytes();
  const tooSmall = sizes.find((size) => size < least);
  if (tooSmall !== undefined) {
    throw new TransferError(
      'InvalidInputError',
      `--sizes: ${tooSmall} bytes are too few; the film alone has ${least}`,
    );
  }
  const { bavail, bsize } = await roomIn(directory);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const needed = total + (copiesByHelper - 1) * Math.max(...sizes);
  if (bavail * bsize >= needed) return;
  throw new TransferError(
    'InvalidInputError',
    `${directory} has ${formatBytes(bavail * bsize)} free; these sizes need ${formatBytes(needed)}. Smaller --sizes or another --directory would do`,
  );
}

async function roomIn(directory: string): Promise<{ bavail: number; bsize: number }> {
  const found = await statfs(directory).catch(() => undefined);
  if (found) return found;
  throw new TransferError(
    'InvalidInputError',
    `--directory ${JSON.stringify(directory)} is no folder that can be used`,
  );
}

/** An object to move. */
export interface Film {
  readonly key: string;
  readonly sizeBytes: number;
}

/**
 * Makes a film of that size and serves it, without a copy. It is on the disk when this returns, so that no
 * later run pays for its writing.
 */
export async function serveFilm(
  servers: Servers,
  directory: string,
  key: string,
  sizeBytes: number,
): Promise<Film> {
  const path = join(directory, key);
  await pipeline(
    await paddedMedia(sizeBytes),
    createWriteStream(path, { highWaterMark: writeBytes, flush: true }),
  );
  await servers.serve(key, path);
  return { key, sizeBytes };
}
