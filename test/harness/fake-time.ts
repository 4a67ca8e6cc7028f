import { vi } from 'vitest';
import { seededRandom } from '#local/simulators/twelvelabs/settings/randomness.ts';
import { startOfTime } from './virtual-time.ts';

/** Taken before anybody fakes it: a turn of the event loop drains all that is ready. */
const realImmediate = setImmediate;

/** Timers fired for one promise at most: the longest story here fires some hundreds. */
const maxTimers = 20_000;

/** Fakes time and chance until the end of the test. */
export function fakeTime(): void {
  const toFake = ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const;
  vi.useFakeTimers({ now: startOfTime, toFake: [...toFake] });
  vi.spyOn(Math, 'random');
  restartTime();
}

/** Begins time and chance again, so that two runs of one story make the same effects in the same order. */
export function restartTime(): void {
  vi.clearAllTimers();
  vi.setSystemTime(startOfTime);
  vi.mocked(Math.random).mockImplementation(seededRandom(1));
}

export function giveTimeBack(): void {
  vi.useRealTimers();
  vi.restoreAllMocks();
}

/** Moves the clocks on without a timer firing, as for a machine that was suspended. */
export function leap(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

/** Lets faked time pass from timer to timer until the promise is settled. */
export async function inTime<T>(promise: Promise<T>): Promise<T> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  promise.then(over, over);
  for (let timers = 0; timers < maxTimers; timers++) {
    await new Promise((resolve) => realImmediate(resolve));
    if (isOver) return promise;
    vi.advanceTimersToNextTimer();
  }
  throw new Error(`it was not over after ${maxTimers} timers`);
}
