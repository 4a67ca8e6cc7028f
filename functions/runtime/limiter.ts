import { type CallLimiter, createCallLimiter } from '#src/throttling/call-limiter.ts';
import type { Part } from './container.ts';
import { createSandboxLog } from './log.ts';
import { meterOf } from './meter.ts';
import { queue } from './table.ts';

/** The limiter of a sandbox. It outlives a call, so the next call starts with the learned rates. */
export const limiter: Part<CallLimiter> = {
  build: (container) =>
    createCallLimiter({
      clock: container.clock,
      random: container.random,
      log: createSandboxLog(container),
      meter: meterOf(container),
      store: () => container.get(queue),
    }),
};
