import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '#src/core/ports/clock.ts';

/** The clock methods that the simulator uses. Deadlines are checked when a request arrives. */
export type SimulatorClock = Pick<Clock, 'now' | 'sleep'>;

/** The system clock. */
export const realClock: SimulatorClock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};
