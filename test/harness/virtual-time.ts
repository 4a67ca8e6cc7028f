import FakeTimers from '@sinonjs/fake-timers';
import { seededRandom } from '#local/simulators/twelvelabs/settings/randomness.ts';
import type { Random } from '#src/core/ports/clock.ts';

/** The real `setImmediate`: one turn of the event loop drains all ready work. */
const realImmediate = setImmediate;

/** Maximum timers fired for one promise: the longest scenario fires some hundreds. */
const maxTimers = 20_000;

export const startOfTime = Date.UTC(2026, 10, 21, 22);

/** Time that passes only when all work waits for a timer. It replaces the time of the whole process. */
export interface VirtualTime {
  /**
   * Fires timers in order, one at a time, until `isOver` or until `limitMs` has passed.
   * @returns whether `isOver` held; false after `limitMs` or if no timer is left
   */
  pass(isOver: () => boolean, limitMs: number): Promise<boolean>;
  /** Fires timers in order until the promise is settled, and returns its result. */
  untilSettled<T>(promise: Promise<T>): Promise<T>;
  /** Moves the date without firing timers, as on a suspended machine. */
  skip(ms: number): void;
  /** Drops all timers and restarts the date and `Math.random`. */
  restart(random: Random): void;
  /** Restores `Date`, the timers and `Math.random`. */
  restore(): void;
}

/** Replaces this process's time and `Math.random` (the interpreter's jitter) until `restore`. */
export function takeTime(random: Random): VirtualTime {
  const clock = FakeTimers.install({
    now: startOfTime,
    toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
  });
  const mathRandom = Math.random;
  Math.random = random;
  const drain = () => new Promise<void>((resolve) => realImmediate(() => resolve()));
  return {
    async pass(isOver, limitMs) {
      const until = Date.now() + limitMs;
      await drain();
      while (!isOver()) {
        if (clock.countTimers() === 0 || Date.now() > until) return false;
        clock.next();
        await drain();
      }
      return true;
    },
    async untilSettled(promise) {
      let isSettled = false;
      const settle = () => {
        isSettled = true;
      };
      promise.then(settle, settle);
      for (let timers = 0; timers < maxTimers; timers++) {
        await drain();
        if (isSettled) return promise;
        clock.next();
      }
      throw new Error(`the promise is not settled after ${maxTimers} timers`);
    },
    skip: (ms) => clock.setSystemTime(Date.now() + ms),
    restart(next) {
      clock.reset();
      clock.setSystemTime(startOfTime);
      Math.random = next;
    },
    restore() {
      Math.random = mathRandom;
      clock.uninstall();
    },
  };
}

let time: VirtualTime | undefined;

function currentTime(): VirtualTime {
  if (time) return time;
  throw new Error('call fakeTime first');
}

/** Replaces time and `Math.random` until `restoreTime`, for tests with one time per test. */
export function fakeTime(): void {
  time = takeTime(seededRandom(1));
}

/** Restarts time and random numbers: two runs of one scenario have the same effects in the same order. */
export function restartTime(): void {
  currentTime().restart(seededRandom(1));
}

/** Restores time and `Math.random`. */
export function restoreTime(): void {
  currentTime().restore();
  time = undefined;
}

/** Moves the date without firing timers, as on a suspended machine. */
export function skipTime(ms: number): void {
  currentTime().skip(ms);
}

/** Fires timers in order until the promise is settled, and returns its result. */
export function untilSettled<T>(promise: Promise<T>): Promise<T> {
  return currentTime().untilSettled(promise);
}
