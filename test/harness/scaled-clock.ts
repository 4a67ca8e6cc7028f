import type { Clock } from '#src/core/ports/clock.ts';

/** What one turn of the event loop counts for at most, in real milliseconds. */
const longestTurnMs = 3;

export interface ScaledClock extends Clock {
  /** Runs at another factor from now on. */
  setFactor(factor: number): void;
  stop(): void;
}

interface Timer {
  readonly dueAt: number;
  readonly task: () => void;
}

/**
 * A clock that runs `factor` times faster than the machine's, for everything in one process. While
 * the event loop is held up it stands nearly still, so a busy machine makes no timeout fire that an
 * idle one would not.
 */
export function startScaledClock(initialFactor: number): ScaledClock {
  let factor = initialFactor;
  const timers = new Set<Timer>();
  let now = Date.now();
  let lastTurn = performance.now();
  const interval = setInterval(turn, 1);
  interval.unref();

  function turn(): void {
    const turnedAt = performance.now();
    now += Math.min(turnedAt - lastTurn, longestTurnMs) * factor;
    lastTurn = turnedAt;
    const due = [...timers].filter(({ dueAt }) => dueAt <= now);
    for (const timer of due.sort((a, b) => a.dueAt - b.dueAt)) {
      if (timers.delete(timer)) timer.task();
    }
  }

  function after(ms: number, task: () => void): () => void {
    const timer = { dueAt: now + ms, task };
    timers.add(timer);
    return () => void timers.delete(timer);
  }

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const abort = () => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = after(ms, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  const setFactor = (next: number) => {
    factor = next;
  };
  const stop = () => clearInterval(interval);
  return { now: () => Math.round(now), after, sleep, setFactor, stop };
}
