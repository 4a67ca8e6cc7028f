import type { MediaType } from './media-types.ts';
import type { Source } from './sources.ts';

/** What is known of an object before it is taken. */
export interface Candidate {
  readonly key: string;
  /** Left out: not known yet, so that no size turns it away. */
  readonly sizeBytes?: number | undefined;
}

/** The first source that takes the object; one of a bucket's sources is enough. */
export function matchingSource(
  sources: readonly Source[],
  candidate: Candidate,
): Source | undefined {
  return sources.find((source) => objection(source, candidate) === undefined);
}

/** Whether the key is under one of the source's prefixes; a source without any has all of its bucket. */
export function isUnderPrefix({ prefixes }: Source, key: string): boolean {
  return !prefixes?.length || prefixes.some((prefix) => key.startsWith(prefix));
}

/** The media type that a source names for a key, by the longest suffix that the key has. */
export function configuredMediaType(
  { mediaTypes = {} }: Source,
  key: string,
): MediaType | undefined {
  const [longest] = Object.keys(mediaTypes)
    .filter((suffix) => endsWithInAnyCase(key, suffix))
    .toSorted((one, other) => other.length - one.length);
  return longest === undefined ? undefined : mediaTypes[longest];
}

/** Why none of the sources takes the object, each reason once. */
export function describeMismatches(sources: readonly Source[], candidate: Candidate): string {
  const reasons = sources.flatMap((source) => objection(source, candidate) ?? []);
  return shortList([...new Set(reasons)], '; ');
}

/** What a source has against the object: prefix, suffix or size; undefined where it takes it. */
function objection(source: Source, { key, sizeBytes }: Candidate): string | undefined {
  const { prefixes = [], suffixes, minSize = 0, maxSize = Number.POSITIVE_INFINITY } = source;
  if (!isUnderPrefix(source, key)) return `its key does not begin with ${quotedList(prefixes)}`;
  if (suffixes?.length && !suffixes.some((suffix) => endsWithInAnyCase(key, suffix))) {
    return `its key does not end with ${quotedList(suffixes)}`;
  }
  if (sizeBytes === undefined) return undefined;
  if (sizeBytes < minSize) return `it has ${sizeBytes} bytes, fewer than ${minSize}`;
  if (sizeBytes > maxSize) return `it has ${sizeBytes} bytes, more than ${maxSize}`;
  return undefined;
}

/**
 * By Unicode's simple case folding, which knows no language: a Turkish or a Lithuanian machine
 * decides as any other. Lower-casing both would not do: what it makes of a Greek Σ depends on where
 * in the word it stands.
 */
function endsWithInAnyCase(key: string, suffix: string): boolean {
  return new RegExp(`${literally(suffix)}$`, 'iu').test(key);
}

/** The text as a pattern that means nothing but itself. */
function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** The first of them in quotes, and how many more there are. */
export function quotedList(names: readonly string[]): string {
  return shortList(
    names.map((name) => JSON.stringify(name)),
    ' or ',
  );
}

/** Few enough for one line of an execution's output. */
const maxListed = 5;

function shortList(items: readonly string[], between: string): string {
  const more = items.length - maxListed;
  const listed = items.slice(0, maxListed).join(between);
  return more > 0 ? `${listed}${between}${more} more` : listed;
}
