import { createHash } from 'node:crypto';
import type { SourceObject } from '#src/core/source/source-object.ts';

/**
 * Returns the id of an object version at a destination, the same for all its ingests. The version
 * `null` can be overwritten, so the ETag identifies its content.
 */
export function objectIdOf(destination: string, source: SourceObject): string {
  return digestOf([
    destination,
    source.bucket,
    source.key,
    source.versionId && source.versionId !== 'null' ? `v:${source.versionId}` : `e:${source.etag}`,
  ]);
}

/** Returns the id of one ingest of an object. */
export function transferIdOf(objectId: string, ingestNumber: number): string {
  return digestOf([objectId, String(ingestNumber)]);
}

/**
 * Returns an id for each digest that proves an object's content. The ids include bucket and key,
 * because an asset has the name of its key. Empty without digests.
 */
export function contentIds(destination: string, { digests, ...source }: SourceObject): string[] {
  const { sha256, md5, firstPartBytes = 0 } = digests ?? {};
  const { bucket, key, sizeBytes } = source;
  const named = ['content', destination, bucket, key, String(sizeBytes)];
  return [
    ...(sha256 === undefined ? [] : [digestOf([...named, 'sha256', sha256])]),
    ...(md5 === undefined ? [] : [digestOf([...named, 'md5', md5, String(firstPartBytes)])]),
  ];
}

/** Returns the id of a start that ended before it took a transfer. */
export function rejectionIdOf(executionId: string): string {
  return digestOf(['rejected', executionId]);
}

/** JSON separates the parts for any content: two lists of parts never give one text. */
function digestOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);
}
