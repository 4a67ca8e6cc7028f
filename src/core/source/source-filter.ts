import type { MediaType } from './media-types.ts';
import type { Source } from './sources.ts';

/** An object to compare with the filters of sources. */
export interface Candidate {
  readonly key: string;
  /** Undefined: not known yet. Size filters are then ignored. */
  readonly sizeBytes?: number | undefined;
}

/** Returns the first source whose filters match the object. */
export function matchingSource(
  sources: readonly Source[],
  candidate: Candidate,
): Source | undefined {
  return sources.find((source) => mismatchReason(source, candidate) === undefined);
}

/** True if the key begins with one of the source's prefixes, or the source has no prefixes. */
export function isUnderPrefix({ prefixes }: Source, key: string): boolean {
  return !prefixes?.length || prefixes.some((prefix) => key.startsWith(prefix));
}

/** Returns the media type that a source configures for a key. The longest matching suffix wins. */
export function configuredMediaType(
  { mediaTypes = {} }: Source,
  key: string,
): MediaType | undefined {
  const [longest] = Object.keys(mediaTypes)
    .filter((suffix) => endsWithInAnyCase(key, suffix))
    .toSorted((one, other) => other.length - one.length);
  return longest === undefined ? undefined : mediaTypes[longest];
}

/** Describes why no source matches the object. Each reason appears once. */
export function describeMismatches(sources: readonly Source[], candidate: Candidate): string {
  const reasons = sources.flatMap((source) => mismatchReason(source, candidate) ?? []);
  return shortList([...new Set(reasons)], '; ');
}

/** Returns the first filter that does not match: prefix, suffix or size. Undefined if all match. */
function mismatchReason(source: Source, { key, sizeBytes }: Candidate): string | undefined {
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
 * Compares by Unicode's simple case folding, which is the same in every locale. Lower-casing both is not
 * correct: the lower case of a Greek Σ depends on its position in the word.
 */
function endsWithInAnyCase(key: string, suffix: string): boolean {
  return new RegExp(`${escapeForRegExp(suffix)}$`, 'iu').test(key);
}

function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** Returns the first names in quotes, and the number of further ones. */
export function quotedList(names: readonly string[]): string {
  return shortList(
    names.map((name) => JSON.stringify(name)),
    ' or ',
  );
}

/** The longest list in one line of an execution's output. */
const maxListed = 5;

function shortList(items: readonly string[], between: string): string {
  const more = items.length - maxListed;
  const listed = items.slice(0, maxListed).join(between);
  return more > 0 ? `${listed}${between}${more} more` : listed;
}
