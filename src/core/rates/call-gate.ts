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

/** What a caller does: makes its call, waits here, or gives up and comes back after so many ms. */
export type CallDecision =
  | { readonly action: 'call' }
  | { readonly action: 'wait'; readonly ms: number }
  | { readonly action: 'leave'; readonly ms: number; readonly why: 'stopped' | 'busy' };

/** The shortest stop to leave for, in ms. A shorter one is waited out: leaving takes longer. */
const shortStopMs = 1_000;

/** One process's calls of one kind: their spacing, their rate and their stop. */
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

  /** Queues a caller; returns its ticket. Each caller that enters must leave. */
  enter(): number {
    return this.#entered++;
  }

  leave(): void {
    this.#left++;
  }

  /**
   * Decides on one call, and counts it where it is made.
   * @param waitedMs - how long its caller has waited
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
    // Looks again half-way through the queue: the rate may have changed by then.
    if (leftMs > 0) return { action: 'wait', ms: Math.ceil(leftMs - queueMs / 2) };
    // Half of each gap is random: functions that start together do not call together.
    this.#nextAt = now + gapMs * (0.75 + this.#random() / 2);
    this.#counter.countCall(now);
    return { action: 'call' };
  }

  /** Counts a throttled reply; returns the rate where it was lowered. */
  lower(now: number): CallRate | undefined {
    this.#counter.countThrottled(now);
    if (!canLower(this.rate, now)) return undefined;
    const rate = lowerRate(this.rate, this.#counter.recent(now), now);
    // Without a limit there was no spacing: the first gap begins now.
    if (!Number.isFinite(callsPerSecond(this.rate, now)))
      this.#nextAt = now + 1000 / rate.perSecond;
    this.rate = rate;
    return rate;
  }

  /** Stops all calls until a time; returns whether that is news, by a second at least. */
  stop(until: number): boolean {
    const isNews = until - this.stoppedUntil >= shortStopMs;
    this.stoppedUntil = Math.max(until, this.stoppedUntil);
    return isNews;
  }

  /** Takes over what other processes share, where it is stricter. */
  merge({ rate, stoppedUntil = 0 }: SharedRate, now: number): void {
    this.stop(stoppedUntil);
    this.rate = slowerOf(this.rate, rate, now);
  }
}
