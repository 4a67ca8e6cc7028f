import type { Source } from '#src/core/source/sources.ts';
import { labelOfBucket } from './bucket-identity.ts';

/** Whether one object could belong to both sources of one bucket. */
export function mayOverlap(one: Source, other: Source): boolean {
  return (
    prefixesMeet(one.prefixes, other.prefixes) &&
    suffixesMeet(one.suffixes, other.suffixes) &&
    sizesMeet(one, other)
  );
}

type Filter = readonly string[] | undefined;

function prefixesMeet(ones: Filter, others: Filter): boolean {
  return somePair(ones, others, (a, b) => a.startsWith(b) || b.startsWith(a));
}

function suffixesMeet(ones: Filter, others: Filter): boolean {
  return somePair(ones, others, (a, b) => endsWith(a, b) || endsWith(b, a));
}

/** In any letter case, as the first state compares. */
function endsWith(long: string, short: string): boolean {
  return long.toLowerCase().endsWith(short.toLowerCase());
}

/** No filter lets everything through, so it meets every other. */
function somePair(ones: Filter, others: Filter, meet: (a: string, b: string) => boolean): boolean {
  if (!ones?.length || !others?.length) return true;
  return ones.some((one) => others.some((other) => meet(one, other)));
}

function sizesMeet(one: Source, other: Source): boolean {
  const least = Math.max(one.minSize ?? 0, other.minSize ?? 0);
  const most = Math.min(one.maxSize ?? Number.MAX_VALUE, other.maxSize ?? Number.MAX_VALUE);
  return least <= most;
}

/** A source by its bucket and its filters, for a message. */
export function describeSource({ bucket, prefixes, suffixes, minSize, maxSize }: Source): string {
  const filters = [
    prefixes?.length && `prefixes ${prefixes.join(' ')}`,
    suffixes?.length && `suffixes ${suffixes.join(' ')}`,
    minSize !== undefined && `from ${minSize} bytes`,
    maxSize !== undefined && `to ${maxSize} bytes`,
  ].filter(Boolean);
  const name = labelOfBucket(bucket);
  return filters.length > 0 ? `${name} (${filters.join(', ')})` : `${name} (any object)`;
}
