import type { SourceObject } from './source-object.ts';

/**
 * True if digests prove that two objects hold the same bytes: equal size, and an equal SHA-256; where
 * one of them has none, an equal ETag of MD5 sums over the same layout of parts. False where nothing
 * is proven.
 */
export function isSameContent(one: SourceObject, other: SourceObject): boolean {
  const [a, b] = [one.digests, other.digests];
  if (!a || !b || one.sizeBytes !== other.sizeBytes) return false;
  if (a.sha256 !== undefined && b.sha256 !== undefined) return a.sha256 === b.sha256;
  return a.md5 !== undefined && a.md5 === b.md5 && a.firstPartBytes === b.firstPartBytes;
}
