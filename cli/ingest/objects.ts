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
  return urls.map((url) =>
    url.isLiteral ? readObject(url) : (readPattern(url.text, all) ?? readObject(url)),
  );
}

/** Reads the URL of one object. Only a quoted one may end as that of a folder does. */
function readObject({ text: name, isQuoted }: Argument): ObjectItem {
  const { bucket, key } = urlParts(name);
  if (isQuoted || !key.endsWith('/')) return { name, bucket, key };
  throw new CommandError(
    'usage',
    `Invalid S3 URL ${JSON.stringify(name)}: it names a folder. A line of --list, and a URL with --raw, must name one object. If the key of an object ends so, put the URL in double quotes on a line of --list.`,
  );
}
