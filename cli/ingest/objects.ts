import { CommandError } from '../command-error.ts';
import { readPattern, type S3Pattern } from '../listing/s3-pattern.ts';
import { urlParts } from '../transfers/find-transfer.ts';
import type { Item } from './batch.ts';
import type { Argument } from './ingest-flags.ts';

/** An object to move. */
export interface ObjectItem extends Item {
  readonly bucket: string;
  readonly key: string;
  /** Known from a list. */
  readonly sizeBytes?: number;
}

/**
 * Reads S3 URLs: each names one object, or is a pattern.
 * @param all - whether the user agreed to a whole bucket
 * @throws CommandError, InvalidInputError - a URL names neither
 */
export function readUrls(
  urls: readonly Argument[],
  all: boolean,
): readonly (ObjectItem | S3Pattern)[] {
  return urls.map(({ text, isLiteral }) =>
    isLiteral ? readObject(text) : (readPattern(text, all) ?? readObject(text)),
  );
}

/** Reads the URL of one object. */
function readObject(name: string): ObjectItem {
  const { bucket, key } = urlParts(name);
  if (!key.endsWith('/')) return { name, bucket, key };
  throw new CommandError(
    'usage',
    `Invalid S3 URL ${JSON.stringify(name)}: it names a folder. A line of --list, and a URL with --raw, must name one object.`,
  );
}
