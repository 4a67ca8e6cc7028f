import { createHash } from 'node:crypto';
import type { Clock } from '#src/core/ports/clock.ts';
import { maxUrlsPerCall, urlLifetimeMs, urlMarginMs } from './limits.ts';

/** A URL for one PUT of one chunk. */
export interface PresignedUrl {
  readonly chunkIndex: number;
  readonly url: string;
  /** Milliseconds since 1970. Default: the documented lifetime. */
  readonly expiresAt?: number | undefined;
}

/** Consecutive chunks of one call for URLs. */
export interface UrlSpan {
  readonly start: number;
  readonly count: number;
}

/**
 * Presigned URLs that are fetched shortly before their use, in memory only. Each is used at most once,
 * also if the service returns it again.
 */
export interface UrlStock {
  /** Stores the URL of a chunk, in place of an earlier one. */
  put(uploadId: string, url: PresignedUrl): void;
  /** Removes and returns the URL of a chunk, unless it is about to expire. */
  take(uploadId: string, chunkIndex: number): string | undefined;
  /** Returns the chunks without a usable URL. */
  lacking(uploadId: string, indexes: readonly number[]): number[];
  /** Marks a URL as used; returns false if it was used before. */
  markUsed(url: string): boolean;
}

/** The most stored URLs, and the most digests of used ones; the oldest are dropped first. */
const maxRemembered = 5_000;

export function createUrlStock(clock: Clock): UrlStock {
  const stored = new Map<string, { url: string; expiresAt: number }>();
  const used = new Set<string>();
  const isUsable = (entry: { expiresAt: number } | undefined) =>
    entry !== undefined && entry.expiresAt - urlMarginMs > clock.now();
  return {
    put: (uploadId, { chunkIndex, url, expiresAt = clock.now() + urlLifetimeMs }) => {
      stored.delete(keyOf(uploadId, chunkIndex));
      stored.set(keyOf(uploadId, chunkIndex), { url, expiresAt });
      dropOldest(stored);
    },
    take: (uploadId, chunkIndex) => {
      const entry = stored.get(keyOf(uploadId, chunkIndex));
      stored.delete(keyOf(uploadId, chunkIndex));
      return isUsable(entry) ? entry?.url : undefined;
    },
    lacking: (uploadId, indexes) =>
      indexes.filter((chunkIndex) => !isUsable(stored.get(keyOf(uploadId, chunkIndex)))),
    markUsed: (url) => {
      const digest = createHash('sha256').update(url).digest('base64');
      if (used.has(digest)) return false;
      used.add(digest);
      dropOldest(used);
      return true;
    },
  };
}

/**
 * Returns the runs of consecutive indexes, each with at most one call's URLs. A span covers no other
 * chunk: a service may reject a span that holds a completed chunk.
 */
export function spansOf(indexes: readonly number[]): UrlSpan[] {
  const spans: { start: number; count: number }[] = [];
  for (const index of [...new Set(indexes)].sort((a, b) => a - b)) {
    const span = spans.at(-1);
    const isNext = span && index === span.start + span.count && span.count < maxUrlsPerCall;
    if (isNext) span.count++;
    else spans.push({ start: index, count: 1 });
  }
  return spans;
}

function keyOf(uploadId: string, chunkIndex: number): string {
  return `${chunkIndex}#${uploadId}`;
}

/** Deletes the first key of a set or a map, which is the oldest. */
function dropOldest(collection: Map<string, unknown> | Set<string>): void {
  if (collection.size <= maxRemembered) return;
  const oldest = collection.keys().next();
  if (!oldest.done) collection.delete(oldest.value);
}
