import FakeTimers from '@sinonjs/fake-timers';
import type { Random } from '#src/core/ports/clock.ts';

/** The real one, taken before anybody fakes it: a turn of the event loop drains all that is ready. */
const realImmediate = setImmediate;

/** Time that passes only when everything waits for it. */
export interface VirtualTime {
  /**
   * Fires timers in their order, one at a time, until `isOver` or until so much time has passed.
   * @returns whether it is over; false where time is up or nobody waits for anything any more
   */
  pass(isOver: () => boolean, limitMs: number): Promise<boolean>;
  /** Gives `Date`, the timers and `Math.random` back. */
  restore(): void;
}

export const startOfTime = Date.UTC(2026, 10, 21, 22);

/** Takes over this process's time and `Math.random` (the interpreter's jitter) until `restore`. */
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
