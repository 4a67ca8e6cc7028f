import { maxRateWaitMs } from '#src/core/limits/limits.ts';
import type { Random } from '#src/core/ports/clock.ts';
import { CallCounter } from './call-counter.ts';
import {
  type CallRate,
  callsPerSecond,
  canLower,
  lowerRate,
  type SharedRate,
  slowerOf,
} from './call-rate.ts';

/** A caller makes its call, waits in the function, or leaves and returns after `ms`. */
export type CallDecision =
  | { readonly action: 'call' }
  | { readonly action: 'wait'; readonly ms: number }
  | { readonly action: 'leave'; readonly ms: number; readonly why: 'stopped' | 'busy' };

/** The shortest stop to leave for, in ms. Waiting for a shorter stop is faster than leaving. */
const shortStopMs = 1_000;

/** The gate for one process's calls of one kind: it spaces them, limits their rate and stops them. */
export class CallGate {
  stoppedUntil = 0;
  rate: CallRate | undefined;
  readonly #counter = new CallCounter();
  readonly #random: Random;
  #nextAt = 0;
  #entered = 0;
  #left = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Queues a caller and returns its ticket. Each caller that enters must leave. */
  enter(): number {
    return this.#entered++;
  }

  leave(): void {
    this.#left++;
  }

  /**
   * Decides about one call. Counts the call if the caller may make it.
   * @param waitedMs - how long the caller has waited
   */
  decide(now: number, ticket: number, waitedMs: number): CallDecision {
    const stopMs = this.stoppedUntil - now;
    if (stopMs >= shortStopMs) return { action: 'leave', ms: stopMs, why: 'stopped' };
    const gapMs = 1000 / callsPerSecond(this.rate, now);
    const queueMs = Math.max(0, ticket - this.#left) * gapMs;
    const leftMs = Math.max(0, stopMs, gapMs === 0 ? 0 : this.#nextAt - now) + queueMs;
    if (leftMs > 0 && waitedMs + leftMs > maxRateWaitMs) {
      return { action: 'leave', ms: leftMs, why: 'busy' };
    }
    // Decides again half-way through the queue, because the rate may have changed by then.
    if (leftMs > 0) return { action: 'wait', ms: Math.ceil(leftMs - queueMs / 2) };
    // Half of each gap is random: functions that start together do not call together.
    this.#nextAt = now + gapMs * (0.75 + this.#random() / 2);
    this.#counter.countCall(now);
    return { action: 'call' };
  }

  /** Counts a throttled reply. Returns the rate if the reply lowered it. */
  lower(now: number): CallRate | undefined {
    this.#counter.countThrottled(now);
    if (!canLower(this.rate, now)) return undefined;
    const rate = lowerRate(this.rate, this.#counter.recent(now), now);
    // Calls without a limit had no gaps, so the first gap begins now.
    if (!Number.isFinite(callsPerSecond(this.rate, now)))
      this.#nextAt = now + 1000 / rate.perSecond;
    this.rate = rate;
    return rate;
  }

  /** Stops all calls until a time. Returns true if this extends the stop by at least a second. */
  stop(until: number): boolean {
    const isLonger = until - this.stoppedUntil >= shortStopMs;
    this.stoppedUntil = Math.max(until, this.stoppedUntil);
    return isLonger;
  }

  /** Takes over the stop and the rate of other processes if they are stricter. */
  merge({ rate, stoppedUntil = 0 }: SharedRate, now: number): void {
    this.stop(stoppedUntil);
    this.rate = slowerOf(this.rate, rate, now);
  }
}
