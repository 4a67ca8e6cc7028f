import { splitS3Url } from '#src/core/source/buckets.ts';
import { CommandError } from '../command-error.ts';

/** Objects of one bucket, as an S3 URL names them. */
export interface S3Pattern {
  readonly url: string;
  readonly bucket: string;
  /** What every key of the pattern begins with. */
  readonly prefix: string;
  /** Returns whether the pattern has this key. */
  readonly matches: (key: string) => boolean;
}

const bucketOnly = /^s3:\/\/[^/]*\/?$/;
const wildcard = /[*?]/;

/**
 * Reads an S3 URL that names several objects: a prefix that ends with `/`, a key with `*` or `?`, or a whole bucket.
 * `*` is any text, also with `/`; `?` is one character.
 * @param all - whether the user agreed to a whole bucket
 * @returns undefined if the URL names one object
 * @throws CommandError - the URL is a bucket, and the user did not agree
 */
export function readPattern(url: string, all: boolean): S3Pattern | undefined {
  if (bucketOnly.test(url)) {
    if (!all) throw withoutKeyError(url);
    const { bucket } = splitS3Url(`${url.replace(/\/$/, '')}/*`);
    return { url, bucket, prefix: '', matches: () => true };
  }
  if (!url.endsWith('/') && !wildcard.test(url)) return undefined;
  const { bucket, key } = splitS3Url(url);
  const prefix = key.slice(0, firstWildcard(key));
  return { url, bucket, prefix, matches: matcherOf(key.endsWith('/') ? `${key}*` : key) };
}

function firstWildcard(key: string): number {
  const at = key.search(wildcard);
  return at < 0 ? key.length : at;
}

function matcherOf(glob: string): (key: string) => boolean {
  const wanted = [...glob];
  return (key) => isMatch(wanted, [...key]);
}

/**
 * Compares a key with a glob, each as a list of characters. Only the last `*` is tried again with more text, so the
 * time is bounded by the product of the lengths: a regular expression takes minutes for some keys.
 */
function isMatch(glob: readonly string[], key: readonly string[]): boolean {
  let [at, star, starEnd] = [0, -1, 0];
  for (let i = 0; i < key.length; ) {
    if (glob[at] === '*') [star, starEnd] = [at++, i];
    else if (glob[at] === '?' || glob[at] === key[i]) [at, i] = [at + 1, i + 1];
    else if (star >= 0) [at, i] = [star + 1, ++starEnd];
    else return false;
  }
  return glob.slice(at).every((rest) => rest === '*');
}

function withoutKeyError(url: string): CommandError {
  const bucket = url.replace(/\/$/, '');
  return new CommandError(
    'usage',
    `Invalid S3 URL ${JSON.stringify(url)}: it has no key. Use ${bucket}/key or ${bucket}/prefix/, or add --all for each object of the bucket.`,
  );
}
