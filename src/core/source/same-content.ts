import type { SourceObject } from './source-object.ts';

/**
 * True if digests prove that two objects have the same bytes. The sizes and the SHA-256 must be equal.
 * Without SHA-256 of both, the MD5 ETags and the sizes of the first parts must be equal.
 */
export function isSameContent(one: SourceObject, other: SourceObject): boolean {
  const [a, b] = [one.digests, other.digests];
  if (!a || !b || one.sizeBytes !== other.sizeBytes) return false;
  if (a.sha256 !== undefined && b.sha256 !== undefined) return a.sha256 === b.sha256;
  return a.md5 !== undefined && a.md5 === b.md5 && a.firstPartBytes === b.firstPartBytes;
}
