import { maxWaitSeconds } from './limits.ts';
import type { Random } from './ports.ts';

/** The pause before look `polls + 1`, in whole seconds: 2 s growing by half each time, at most 5 minutes. */
export function growingWaitSeconds(polls: number): number {
  return Math.min(maxWaitSeconds, Math.ceil(2 * 1.5 ** Math.min(polls, 30)));
}

/** A pause a service asked for, in whole seconds a Wait state takes: at least 1, at most 5 minutes. */
export function wholeWaitSeconds(seconds: number): number {
  return Math.min(maxWaitSeconds, Math.max(1, Math.ceil(seconds)));
}

/**
 * The pause after look `polls + 1` that a service answered with "stay away": as long as it asked, and
 * growing where it asks again and again, so that hours of it stay within an execution's history.
 * @param asked - the seconds it named, where it named some
 */
export function throttledWaitSeconds(polls: number, asked: number | undefined): number {
  return wholeWaitSeconds(Math.max(asked ?? 0, growingWaitSeconds(polls)));
}

/** The pause before try `attempt + 1` within one call, in milliseconds: full jitter below a doubling bound of 20 s. */
export function jitteredBackoffMs(attempt: number, random: Random): number {
  return Math.round(random() * Math.min(20_000, 500 * 2 ** attempt));
}
