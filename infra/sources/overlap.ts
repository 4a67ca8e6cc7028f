import type { Source } from '#src/core/source/sources.ts';
import { labelOfBucket } from './bucket-identity.ts';

/** True if one object could belong to both sources of one bucket. */
export function mayOverlap(one: Source, other: Source): boolean {
  return (
    prefixesOverlap(one.prefixes, other.prefixes) &&
    suffixesOverlap(one.suffixes, other.suffixes) &&
    sizesOverlap(one, other)
  );
}

type Filter = readonly string[] | undefined;

function prefixesOverlap(ones: Filter, others: Filter): boolean {
  return somePair(ones, others, (a, b) => a.startsWith(b) || b.startsWith(a));
}

function suffixesOverlap(ones: Filter, others: Filter): boolean {
  return somePair(ones, others, (a, b) => endsWith(a, b) || endsWith(b, a));
}

/** Ignores case, as InspectSource does. */
function endsWith(long: string, short: string): boolean {
  return long.toLowerCase().endsWith(short.toLowerCase());
}

/** An absent filter passes every object, so it overlaps every other filter. */
function somePair(
  ones: Filter,
  others: Filter,
  isMatch: (a: string, b: string) => boolean,
): boolean {
  if (!ones?.length || !others?.length) return true;
  return ones.some((one) => others.some((other) => isMatch(one, other)));
}

function sizesOverlap(one: Source, other: Source): boolean {
  const least = Math.max(one.minSize ?? 0, other.minSize ?? 0);
  const most = Math.min(one.maxSize ?? Number.MAX_VALUE, other.maxSize ?? Number.MAX_VALUE);
  return least <= most;
}

/** Returns a source's bucket and filters, for a message. */
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
