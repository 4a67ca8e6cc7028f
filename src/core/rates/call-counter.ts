import type { RecentCalls } from './call-rate.ts';

/** How far back calls are counted, in milliseconds. */
const windowMs = 2_000;

/** The shortest time for a rate, in milliseconds. A shorter time would measure a single burst. */
const minMeasuredMs = 1_000;

/** Counts one process's calls of one kind, and how many of them were throttled. */
export class CallCounter {
  readonly #calls: number[] = [];
  readonly #throttled: number[] = [];

  countCall(now: number): void {
    add(this.#calls, now);
  }

  countThrottled(now: number): void {
    add(this.#throttled, now);
  }

  /** Returns the rate of the last seconds and the share of throttled replies. */
  recent(now: number): RecentCalls {
    prune(this.#calls, now);
    prune(this.#throttled, now);
    const calls = this.#calls.length;
    const ms = Math.max(minMeasuredMs, now - (this.#calls[0] ?? now));
    const share = this.#throttled.length / Math.max(1, calls);
    return { perSecond: (calls * 1000) / ms, throttledShare: Math.min(1, share) };
  }
}

function add(times: number[], now: number): void {
  prune(times, now);
  times.push(now);
}

function prune(times: number[], now: number): void {
  const old = times.findIndex((at) => at > now - windowMs);
  times.splice(0, old === -1 ? times.length : old);
}
