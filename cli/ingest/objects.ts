import { CommandError } from '../command-error.ts';
import { urlParts } from '../transfers/find-transfer.ts';
import type { Item } from './batch.ts';

/** An object to move. */
export interface ObjectItem extends Item {
  readonly bucket: string;
  readonly key: string;
}

/**
 * Reads S3 URLs. A key is taken as it is: `*`, `?` and `[` are characters of keys. Leaves repeated URLs out.
 * @throws CommandError, InvalidInputError - a URL names no object
 */
export function objectsOf(urls: readonly string[]): ObjectItem[] {
  return [...new Set(urls)].map((name) => {
    const { bucket, key } = urlParts(name);
    if (!key.endsWith('/')) return { name, bucket, key };
    throw new CommandError(
      'usage',
      `Invalid S3 URL ${JSON.stringify(name)}: it names a folder. Name each object, or a file with their URLs by --list.`,
    );
  });
}
