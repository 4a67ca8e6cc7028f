import { splitS3Url } from '#src/core/source/buckets.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { CommandError } from '../command-error.ts';
import { agoText } from '../output/words.ts';
import type { Place } from './place.ts';
import { readDetails, type TransferDetails } from './transfer-details.ts';
import type { TransferTable } from './transfer-table.ts';
import { shortId } from './transfer-view.ts';

const idLength = 40;

/** Fewer digits of an id would match by chance. */
const leastDigits = 6;

/**
 * Finds the one transfer that a name matches: its id, a unique beginning of the id, or the URL of its object.
 * @throws CommandError - no transfer matches, several match, or the name is neither
 */
export async function findTransfer(
  place: Place,
  name: string,
  now: number,
): Promise<TransferDetails> {
  const found: TransferDetails[] = [];
  for await (const table of place.tables())
    for (const record of await findMatching(table, name))
      found.push(await readDetails(table, record));
  const [only, ...others] = found;
  if (only && others.length === 0) return only;
  throw only ? severalMatchError(name, found, now) : noneMatchesError(name, place);
}

function findMatching({ store, search }: TransferTable, name: string): Promise<TransferRecord[]> {
  if (name.startsWith('s3://')) {
    const { bucket, key } = urlParts(name);
    return search.ofObject(bucket, key);
  }
  if (!/^[0-9a-f]+$/.test(name) || name.length < leastDigits || name.length > idLength)
    throw new CommandError(
      'usage',
      `Invalid transfer ${JSON.stringify(name)}: must be an id of ${idLength} digits, its first ${leastDigits} or more, or s3://bucket/key. Use chunkferry list to see the ids.`,
    );
  if (name.length < idLength) return search.withIdPrefix(name);
  return store.transfer(name).then((record) => (record ? [record] : []));
}

/** Splits a URL. An S3 URL without a key names no object. */
export function urlParts(url: string): { bucket: string; key: string } {
  if (/^s3:\/\/[^/]*\/?$/.test(url))
    throw new CommandError(
      'usage',
      `Invalid S3 URL ${JSON.stringify(url)}: it has no key. Use s3://bucket/key.`,
    );
  return splitS3Url(url);
}

function noneMatchesError(name: string, { title }: Place): CommandError {
  return new CommandError(
    'notFound',
    `Unknown transfer ${JSON.stringify(name)}: no transfer matches in ${title}. Use chunkferry list to see the transfers, or --stack, --region and --profile for another stack.`,
  );
}

/** More matches than this are counted only. */
const mostNamed = 5;

function severalMatchError(
  name: string,
  found: readonly TransferDetails[],
  now: number,
): CommandError {
  const newest = found.map(({ record }) => record).sort((a, b) => b.changedAt - a.changedAt);
  const named = newest
    .slice(0, mostNamed)
    .map((record) => `${shortId(record)} (${record.state}, ${agoText(record.changedAt, now)})`);
  const more = newest.length > mostNamed ? ` and ${newest.length - mostNamed} more` : '';
  return new CommandError(
    'ambiguous',
    `Ambiguous transfer ${JSON.stringify(name)}: ${newest.length} transfers match: ${named.join(', ')}${more}. Name one by its id.`,
  );
}
