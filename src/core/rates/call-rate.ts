import type { ErrorOrigin } from '#src/core/errors/error-lookup.ts';

/**
 * The adaptive rate of one kind of call. A throttled reply lowers the rate. The rate rises again with
 * time, without a write. Times are in milliseconds since 1970, rates in calls per second.
 */
export interface CallRate {
  /** The rate at `loweredAt`. */
  readonly perSecond: number;
  /** The rate at the time of the throttled reply: it was too high, or just acceptable. */
  readonly ceiling: number;
  readonly loweredAt: number;
}

/** The state of one kind of call that processes share. */
export interface SharedRate {
  readonly rate?: CallRate | undefined;
  /** The end of the stop, in milliseconds since 1970. */
  readonly stoppedUntil?: number | undefined;
}

export type SharedRates = Readonly<Partial<Record<ErrorOrigin, SharedRate>>>;

/** The kinds of call. Each kind has its own rate. */
export const callKinds: readonly ErrorOrigin[] = ['service', 'storage', 'source'];

/** One process's calls of one kind in the last seconds. */
export interface RecentCalls {
  readonly perSecond: number;
  /** The share of throttled replies, from 0 to 1. */
  readonly throttledShare: number;
}

/** The lowest rate. Without calls, a process cannot notice that the throttling has ended. */
const lowestRate = 1;

/** The shortest time between two decreases. Replies to one burst arrive within about a second. */
const lowerEveryMs = 1_000;

/** The time after which a rate is no longer a limit. Most quotas are per minute. */
export const recoveryMs = 60_000;

/** The factor of a decrease, as in the adaptive mode of the AWS SDKs. */
const decrease = 0.7;

/** The factor of the cubic growth, as in the adaptive mode of the AWS SDKs. */
const cubicGrowth = 0.4;

/** The steepest growth above the ceiling, in calls per second, each second. */
const steepestGrowth = 2;

/** The addition to `steepestGrowth` for each call per second of the ceiling. */
const steepestShare = 0.1;

/** Up to this share of throttled replies, the rate counts as acceptable. */
const noiseShare = 0.2;

/** Returns the allowed calls per second at a time; `Infinity` without a limit. */
export function callsPerSecond(rate: CallRate | undefined, now: number): number {
  if (!rate || now - rate.loweredAt >= recoveryMs) return Number.POSITIVE_INFINITY;
  const { ceiling, perSecond } = rate;
  const untilCeiling = Math.cbrt(Math.max(0, ceiling - perSecond) / cubicGrowth);
  const seconds = Math.max(0, now - rate.loweredAt) / 1000 - untilCeiling;
  const cubic = cubicGrowth * seconds ** 3;
  const steepest = (steepestGrowth + steepestShare * ceiling) * Math.max(0, seconds);
  return Math.max(lowestRate, ceiling + (seconds > 0 ? Math.min(cubic, steepest) : cubic));
}

/** True if a throttled reply may lower the rate: at least a second after the last decrease. */
export function canLower(rate: CallRate | undefined, now: number): boolean {
  return !rate || now - rate.loweredAt >= lowerEveryMs;
}

/**
 * Returns the rate after a throttled reply, based on the calls of the last seconds. If many calls were
 * throttled, the rate is based on the accepted calls.
 */
export function lowerRate(rate: CallRate | undefined, recent: RecentCalls, now: number): CallRate {
  const made = Math.min(callsPerSecond(rate, now), recent.perSecond);
  const accepted = Math.min(1, (1 - recent.throttledShare) / (1 - noiseShare));
  const ceiling = Math.max(lowestRate, made * accepted);
  return { ceiling, perSecond: Math.max(lowestRate, ceiling * decrease), loweredAt: now };
}

/** Returns the rate that allows fewer calls at this time. */
export function slowerOf(
  a: CallRate | undefined,
  b: CallRate | undefined,
  now: number,
): CallRate | undefined {
  return callsPerSecond(b, now) < callsPerSecond(a, now) ? b : a;
}
