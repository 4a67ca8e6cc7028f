import { vi } from 'vitest';
import { seededRandom } from '#local/simulators/twelvelabs/settings/randomness.ts';
import { startOfTime } from './virtual-time.ts';

/** The real `setImmediate`: one turn of the event loop drains all ready work. */
const realImmediate = setImmediate;

/** Maximum timers fired for one promise: the longest scenario fires some hundreds. */
const maxTimers = 20_000;

/** Replaces time and `Math.random` until `restoreTime`. */
export function fakeTime(): void {
  const toFake = ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const;
  vi.useFakeTimers({ now: startOfTime, toFake: [...toFake] });
  vi.spyOn(Math, 'random');
  restartTime();
}

/** Restarts time and random numbers: two runs of one scenario have the same effects in the same order. */
export function restartTime(): void {
  vi.clearAllTimers();
  vi.setSystemTime(startOfTime);
  vi.mocked(Math.random).mockImplementation(seededRandom(1));
}

/** Restores time and `Math.random`. */
export function restoreTime(): void {
  vi.useRealTimers();
  vi.restoreAllMocks();
}

/** Moves the date without firing timers, as on a suspended machine. */
export function skipTime(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

/** Fires timers in order until the promise is settled, and returns its result. */
export async function untilSettled<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  promise.then(settle, settle);
  for (let timers = 0; timers < maxTimers; timers++) {
    await new Promise((resolve) => realImmediate(resolve));
    if (isSettled) return promise;
    vi.advanceTimersToNextTimer();
  }
  throw new Error(`the promise is not settled after ${maxTimers} timers`);
}
