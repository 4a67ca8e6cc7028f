import type { ErrorOrigin } from '#src/core/errors/errors.ts';

/**
 * The adaptive rate of one kind of call. A throttled reply lowers it, time alone raises it again, so
 * it recovers without a write. Times are in milliseconds since 1970, rates in calls per second.
 */
export interface CallRate {
  /** The rate at `loweredAt`. */
  readonly perSecond: number;
  /** The rate that the throttled reply showed to be too high, or just about right. */
  readonly ceiling: number;
  readonly loweredAt: number;
}

/** What processes share of one kind of call. */
export interface SharedRate {
  readonly rate?: CallRate | undefined;
  /** No call before then. */
  readonly stoppedUntil?: number | undefined;
}

export type SharedRates = Readonly<Partial<Record<ErrorOrigin, SharedRate>>>;

/** The kinds of call, each with a rate of its own. */
export const callKinds: readonly ErrorOrigin[] = ['service', 'storage', 'source'];

/** What a process saw of one kind of call in the last seconds. */
export interface RecentCalls {
  readonly perSecond: number;
  /** Throttled replies in relation to calls: from 0 to 1. */
  readonly throttledShare: number;
}

/** No rate falls below this: a process that does not ask never learns that it may. */
export const slowestRate = 1;

/** Replies to one burst of calls arrive within about a second and count as one throttling. */
export const lowerEveryMs = 1_000;

/** A rate that nothing has lowered for a minute is no limit any more: most quotas are by the minute. */
export const recoveryMs = 60_000;

/** What remains of a rate after a throttled reply, as in the AWS SDKs' adaptive mode. */
const decrease = 0.7;

/** Calls per second gained in one second, near the ceiling: the cube's factor in the same mode. */
const cubicGrowth = 0.4;

/** The steepest growth above the ceiling, in calls per second each second. */
const steepestGrowth = 2;

/** The same, for each call per second of the ceiling: a high rate may grow faster. */
const steepestShare = 0.1;

/** Up to this share of throttled replies, the rate is taken for right and the replies for noise. */
const noiseShare = 0.2;

/** Returns the calls per second that a rate allows at a time; `Infinity` without a limit. */
export function callsPerSecond(rate: CallRate | undefined, now: number): number {
  if (!rate || now - rate.loweredAt >= recoveryMs) return Number.POSITIVE_INFINITY;
  const { ceiling, perSecond } = rate;
  const untilCeiling = Math.cbrt(Math.max(0, ceiling - perSecond) / cubicGrowth);
  const seconds = Math.max(0, now - rate.loweredAt) / 1000 - untilCeiling;
  const cubic = cubicGrowth * seconds ** 3;
  const steepest = (steepestGrowth + steepestShare * ceiling) * Math.max(0, seconds);
  return Math.max(slowestRate, ceiling + (seconds > 0 ? Math.min(cubic, steepest) : cubic));
}

/** Whether a throttled reply may lower the rate: not within a second of the decrease before. */
export function canLower(rate: CallRate | undefined, now: number): boolean {
  return !rate || now - rate.loweredAt >= lowerEveryMs;
}

/**
 * Returns the rate after a throttled reply. It starts from the calls that were really made, and
 * where many of them were throttled, from those that were not.
 */
export function lowerRate(rate: CallRate | undefined, recent: RecentCalls, now: number): CallRate {
  const made = Math.min(callsPerSecond(rate, now), recent.perSecond);
  const accepted = Math.min(1, (1 - recent.throttledShare) / (1 - noiseShare));
  const ceiling = Math.max(slowestRate, made * accepted);
  return { ceiling, perSecond: Math.max(slowestRate, ceiling * decrease), loweredAt: now };
}

/** Returns the rate that allows fewer calls at a time. */
export function slowerOf(
  a: CallRate | undefined,
  b: CallRate | undefined,
  now: number,
): CallRate | undefined {
  return callsPerSecond(b, now) < callsPerSecond(a, now) ? b : a;
}
