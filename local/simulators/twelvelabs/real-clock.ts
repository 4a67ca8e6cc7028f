import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '#src/core/ports/clock.ts';

/** What the simulator needs of a clock: all its deadlines are compared when a request comes. */
export type SimulatorClock = Pick<Clock, 'now' | 'sleep'>;

/** The machine's own time. */
export const realClock: SimulatorClock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};
