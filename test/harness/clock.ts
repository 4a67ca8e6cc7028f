import FakeTimers from '@sinonjs/fake-timers';
import { seededRandom } from '#local/simulators/randomness.ts';
import type { Clock, Random } from '#src/core/ports/clock.ts';

/*
 * The time of the tests: one queue of timers, fake-timers', in three forms. None waits for real time to
 * pass, apart from the second.
 *
 * 1. `new ManualClock()` is a clock port. `advance` moves it, and so does a sleeper once no other work
 *    is left. `new ManualClock(startMs, 'owner')` is moved by `advance` alone.
 * 2. `startScaledClock(factor)` is a manual clock that real time moves, for tests with real sockets.
 * 3. `fakeTime()` replaces the time and `Math.random` of the process until `restoreTime()`, for whole
 *    simulations: `passTime` and `untilSettled` fire its timers. A process has one at a time.
 */

/** The real `setImmediate`: one turn of the event loop drains all ready work. */
const realImmediate = setImmediate;

const drain = () => new Promise<void>((resolve) => realImmediate(resolve));

/** The start of the faked time, in milliseconds since 1970. */
export const startOfTime = Date.UTC(2026, 10, 21, 22);

/** The start of a manual clock, in milliseconds since 1970. */
const noon = Date.UTC(2026, 10, 21, 12);

/** Fires timers in order, one each turn of the event loop. */
async function fireUntil(timers: FakeTimers.Clock, isOver: () => boolean): Promise<void> {
  for (await drain(); !isOver(); await drain()) timers.next();
}

/** A clock that `advance` moves, and a sleeper unless the clock is moved by its owner alone. */
export class ManualClock implements Clock {
  readonly #timers: FakeTimers.Clock;
  readonly #movedBy: 'sleepers' | 'owner';
  #sleepers = 0;

  constructor(startMs = noon, movedBy: 'sleepers' | 'owner' = 'sleepers') {
    this.#timers = FakeTimers.createClock(startMs);
    this.#movedBy = movedBy;
  }

  readonly now = (): number => this.#timers.now;

  after(ms: number, task: () => void): () => void {
    const timer = this.#timers.setTimeout(task, Math.ceil(ms));
    return () => this.#timers.clearTimeout(timer);
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancel = this.after(ms, resolve);
    const stop = () => reject(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    const isFirst = ++this.#sleepers === 1;
    if (isFirst && this.#movedBy === 'sleepers')
      void fireUntil(this.#timers, () => !this.#sleepers);
    await promise.finally(() => {
      this.#sleepers--;
      cancel();
      signal?.removeEventListener('abort', stop);
    });
  }

  /** Advances the time and runs the due timers in order. */
  advance(ms: number): void {
    this.#timers.tick(ms);
  }

  /** The pending timers and sleepers: 0 if none remain. */
  pending(): number {
    return this.#timers.countTimers();
  }
}

/** Maximum real time that one turn of the event loop counts, in ms. */
const maxTurnMs = 3;

export interface ScaledClock extends Clock {
  /** Sets the factor from now on. */
  setFactor(factor: number): void;
  stop(): void;
}

/**
 * Starts a clock that runs `factor` times faster than the machine's, for all parts of one process. It
 * nearly stops while the event loop is blocked: a busy machine fires no timeout that an idle machine
 * would not fire.
 */
export function startScaledClock(factor: number): ScaledClock {
  const clock = new ManualClock(Date.now(), 'owner');
  let lastTurn = performance.now();
  const interval = setInterval(() => {
    const elapsed = performance.now() - lastTurn;
    lastTurn += elapsed;
    clock.advance(Math.min(elapsed, maxTurnMs) * factor);
  }, 1);
  interval.unref();
  return Object.assign(clock, {
    setFactor: (next: number) => {
      factor = next;
    },
    stop: () => clearInterval(interval),
  });
}

/** Maximum timers fired for one promise: the longest scenario fires some hundreds. */
const maxTimers = 20_000;

const mathRandom = Math.random;

let installed: ReturnType<typeof FakeTimers.install> | undefined;

function current(): ReturnType<typeof FakeTimers.install> {
  if (installed) return installed;
  throw new Error('call fakeTime first');
}

/** Replaces this process's time and `Math.random` (the interpreter's jitter) until `restoreTime`. */
export function fakeTime(random: Random = seededRandom(1)): void {
  installed = FakeTimers.install({
    now: startOfTime,
    toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
  });
  Math.random = random;
}

/** Drops all timers, and restarts the date and the random numbers: two runs of one scenario are equal. */
export function restartTime(): void {
  current().reset();
  current().setSystemTime(startOfTime);
  Math.random = seededRandom(1);
}

/** Restores `Date`, the timers and `Math.random`. */
export function restoreTime(): void {
  Math.random = mathRandom;
  current().uninstall();
  installed = undefined;
}

/** Moves the date without firing timers, as on a suspended machine. */
export function skipTime(ms: number): void {
  current().setSystemTime(Date.now() + ms);
}

/**
 * Fires timers in order until `isOver` or until `limitMs` has passed.
 * @returns whether `isOver` held; false after `limitMs` or if no timer is left
 */
export async function passTime(isOver: () => boolean, limitMs: number): Promise<boolean> {
  const timers = current();
  const until = Date.now() + limitMs;
  const isStuck = () => timers.countTimers() === 0 || Date.now() > until;
  await fireUntil(timers, () => isOver() || isStuck());
  return isOver();
}

/** Fires timers in order until the promise is settled, and returns its result. */
export async function untilSettled<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  promise.then(settle, settle);
  let fired = 0;
  await fireUntil(current(), () => isSettled || fired++ === maxTimers);
  if (isSettled) return promise;
  throw new Error(`the promise is not settled after ${maxTimers} timers`);
}
