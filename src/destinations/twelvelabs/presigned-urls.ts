import { createHash } from 'node:crypto';
import type { Clock } from '#src/core/ports/clock.ts';
import { maxUrlsPerCall, urlLifetimeMs, urlMarginMs } from './limits.ts';

/** One address for one PUT of one chunk. */
export interface PresignedUrl {
  readonly chunkIndex: number;
  readonly url: string;
  /** Milliseconds since 1970; the documented lifetime is assumed where it is missing. */
  readonly expiresAt?: number | undefined;
}

/** Consecutive chunks that one call asks addresses for. */
export interface UrlSpan {
  readonly start: number;
  readonly count: number;
}

/**
 * Presigned URLs fetched just ahead of their use, in memory only. Each is handed out at most once,
 * also when the service gives the same one again.
 */
export interface UrlStock {
  /** Keeps one address for a chunk, in place of any before it. */
  keep(uploadId: string, url: PresignedUrl): void;
  /** Hands out a chunk's address, unless it is about to expire. */
  take(uploadId: string, chunkIndex: number): string | undefined;
  /** Those of the chunks for which there is no usable address. */
  lacking(uploadId: string, indexes: readonly number[]): number[];
  /** Marks an address as used; false when it was already. */
  markUsed(url: string): boolean;
}

/** Addresses kept or remembered as used, each; the oldest go first. */
const maxRemembered = 5_000;

export function createUrlStock(clock: Clock): UrlStock {
  const kept = new Map<string, { url: string; expiresAt: number }>();
  const used = new Set<string>();
  const isUsable = (entry: { expiresAt: number } | undefined) =>
    entry !== undefined && entry.expiresAt - urlMarginMs > clock.now();
  return {
    keep: (uploadId, { chunkIndex, url, expiresAt = clock.now() + urlLifetimeMs }) => {
      kept.delete(keyOf(uploadId, chunkIndex));
      kept.set(keyOf(uploadId, chunkIndex), { url, expiresAt });
      dropOldest(kept);
    },
    take: (uploadId, chunkIndex) => {
      const entry = kept.get(keyOf(uploadId, chunkIndex));
      kept.delete(keyOf(uploadId, chunkIndex));
      return isUsable(entry) ? entry?.url : undefined;
    },
    lacking: (uploadId, indexes) =>
      indexes.filter((chunkIndex) => !isUsable(kept.get(keyOf(uploadId, chunkIndex)))),
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
 * Returns the runs of consecutive indexes, each of at most one call's URLs. No span covers another
 * chunk: a service may refuse a span that holds a completed one.
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

/** Sets and maps list their oldest key first. */
function dropOldest(collection: Map<string, unknown> | Set<string>): void {
  if (collection.size <= maxRemembered) return;
  const oldest = collection.keys().next();
  if (!oldest.done) collection.delete(oldest.value);
}
