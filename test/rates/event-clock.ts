import type { Clock } from '#src/core/ports/clock.ts';

interface Timer {
  readonly at: number;
  readonly task: () => void;
}

/** A virtual clock for many sleepers. It advances to the next timer when no other work is left. */
export class EventClock implements Clock {
  #now = 0;
  #timers: Timer[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, task: () => void): () => void {
    const timer = { at: this.#now + ms, task };
    const later = this.#timers.findIndex(({ at }) => at > timer.at);
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer);
    return () => {
      const i = this.#timers.indexOf(timer);
      if (i !== -1) this.#timers.splice(i, 1);
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  /** Advances the time until the work is done. */
  async run(work: Promise<unknown>): Promise<void> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    while (!isDone) {
      await new Promise(setImmediate);
      const timer = this.#timers.shift();
      if (timer) this.#now = Math.max(this.#now, timer.at);
      timer?.task();
    }
    await done;
  }
}
