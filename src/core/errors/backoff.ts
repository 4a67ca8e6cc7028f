import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import type { Random } from '#src/core/ports/clock.ts';

/** The pause before look `polls + 1`, in whole seconds: 2 s growing by half each time, at most 5 minutes. */
export function growingWaitSeconds(polls: number): number {
  return Math.min(boundOf('longestWait'), Math.ceil(2 * 1.5 ** Math.min(polls, 30)));
}

/** A pause a service asked for, in whole seconds a Wait state takes: at least 1, at most 5 minutes. */
export function wholeWaitSeconds(seconds: number): number {
  return Math.min(boundOf('longestWait'), Math.max(1, Math.ceil(seconds)));
}

/** The pause before try `attempt + 1` within one call, in milliseconds: full jitter below a bound that doubles. */
export function jitteredBackoffMs(attempt: number, random: Random): number {
  return Math.round(random() * Math.min(boundOf('longestBackoff') * 1000, 500 * 2 ** attempt));
}
