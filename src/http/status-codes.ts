/**
 * Statuses below 500 after which the same request may succeed later: timeouts, conflicts, locks, throttling, and
 * 304 of a cache in between, as no request has a condition.
 */
const transientStatuses: ReadonlySet<number> = new Set([304, 408, 409, 423, 425, 429]);

/** Statuses for an unsupported method (501) or HTTP version (505). */
const finalServerStatuses: ReadonlySet<number> = new Set([501, 505]);

/** Returns true if the same request may succeed later, by the status alone. */
export function isTransientStatus(status: number): boolean {
  if (status >= 500) return !finalServerStatuses.has(status);
  return transientStatuses.has(status);
}
