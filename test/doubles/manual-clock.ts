import type { Clock } from '#src/core/ports/clock.ts';

interface Timer {
  readonly at: number;
  readonly task: () => void;
}

/**
 * A clock that advances only on request: by a test's `advance`, or by a sleeper. A sleeper
 * advances it after all immediate work is done, so a test never waits.
 */
export class ManualClock implements Clock {
  #now: number;
  #timers: Timer[] = [];
  #sleepers: Timer[] = [];

  constructor(startMs = Date.UTC(2026, 10, 21, 12)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, task: () => void): () => void {
    const timer = { at: this.#now + ms, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { at: this.#now + ms, task: resolve };
    const wake = () => reject(signal?.reason);
    this.#sleepers.push(sleeper);
    signal?.addEventListener('abort', wake, { once: true });
    setImmediate(() => this.#runTo(sleeper));
    await promise.finally(() => {
      signal?.removeEventListener('abort', wake);
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    });
  }

  /** Advances the time and runs the due timers in order. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (let next = this.#next(until); next; next = this.#next(until)) this.#run(next);
    this.#now = until;
  }

  /** The pending timers and sleepers: 0 if none remain. */
  pending(): number {
    return this.#timers.length + this.#sleepers.length;
  }

  /** Advances to the earliest sleeper only: each sleeper requests its own move. */
  #runTo(sleeper: Timer): void {
    if (!this.#sleepers.includes(sleeper)) return;
    const earliest = this.#sleepers.reduce((a, b) => (b.at < a.at ? b : a));
    this.advance(Math.max(0, earliest.at - this.#now));
    if (earliest !== sleeper) setImmediate(() => this.#runTo(sleeper));
  }

  #next(until: number): Timer | undefined {
    const due = [...this.#timers, ...this.#sleepers].filter(({ at }) => at <= until);
    return due.reduce<Timer | undefined>((a, b) => (a && a.at <= b.at ? a : b), undefined);
  }

  #run(timer: Timer): void {
    this.#now = Math.max(this.#now, timer.at);
    this.#timers = this.#timers.filter((other) => other !== timer);
    this.#sleepers = this.#sleepers.filter((other) => other !== timer);
    timer.task();
  }
}
