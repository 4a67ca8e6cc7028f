import FakeTimers from '@sinonjs/fake-timers';
import type { Random } from '#src/core/ports/clock.ts';

/** The real `setImmediate`: one turn of the event loop drains all ready work. */
const realImmediate = setImmediate;

/** Time that passes only when all work waits for a timer. */
export interface VirtualTime {
  /**
   * Fires timers in order, one at a time, until `isOver` or until `limitMs` has passed.
   * @returns whether `isOver` held; false after `limitMs` or if no timer is left
   */
  pass(isOver: () => boolean, limitMs: number): Promise<boolean>;
  /** Restores `Date`, the timers and `Math.random`. */
  restore(): void;
}

export const startOfTime = Date.UTC(2026, 10, 21, 22);

/** Replaces this process's time and `Math.random` (the interpreter's jitter) until `restore`. */
export function takeTime(random: Random): VirtualTime {
  const clock = FakeTimers.install({
    now: startOfTime,
    toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
  });
  const mathRandom = Math.random;
  Math.random = random;
  const settle = () => new Promise<void>((resolve) => realImmediate(() => resolve()));
  return {
    async pass(isOver, limitMs) {
      const until = Date.now() + limitMs;
      await settle();
      while (!isOver()) {
        if (clock.countTimers() === 0 || Date.now() > until) return false;
        clock.next();
        await settle();
      }
      return true;
    },
    restore() {
      Math.random = mathRandom;
      clock.uninstall();
    },
  };
}
