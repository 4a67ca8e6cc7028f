import { boundOf } from '#src/core/limits/retry-bounds.ts';
import type { Random } from '#src/core/ports/clock.ts';

/** Returns the wait before check `polls + 1`, in whole seconds: 2 s, then half as much more each time, at most 5 minutes. */
export function growingWaitSeconds(polls: number): number {
  return Math.min(boundOf('longestWait'), Math.ceil(2 * 1.5 ** Math.min(polls, 30)));
}

/** Rounds a wait to the whole seconds of a Wait state: at least 1, at most 5 minutes. */
export function wholeWaitSeconds(seconds: number): number {
  return Math.min(boundOf('longestWait'), Math.max(1, Math.ceil(seconds)));
}

/** Returns the wait before try `attempt + 1` within one call, in milliseconds: full jitter below a bound that doubles. */
export function jitteredBackoffMs(attempt: number, random: Random): number {
  return Math.round(random() * Math.min(boundOf('longestBackoff') * 1000, 500 * 2 ** attempt));
}
