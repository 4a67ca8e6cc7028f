import type { RecentCalls } from './call-rate.ts';

/** How far back calls are counted, in milliseconds. */
const windowMs = 2_000;

/** A shorter time would make a rate out of a single burst, in milliseconds. */
const shortestMs = 1_000;

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

  /** Returns the calls of the last seconds. */
  recent(now: number): RecentCalls {
    prune(this.#calls, now);
    prune(this.#throttled, now);
    const calls = this.#calls.length;
    const ms = Math.max(shortestMs, now - (this.#calls[0] ?? now));
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
