import { type CallLimiter, createCallLimiter } from '#src/rates/call-limiter.ts';
import { clock } from './clock.ts';
import { kept } from './given.ts';
import { plainLog } from './log.ts';
import { meter } from './meter.ts';
import { queue } from './queue.ts';
import { random } from './random.ts';

/** The one limiter of this process; it outlives a call, so what one call learns holds for the next. */
export const limiter = (): CallLimiter =>
  kept('limiter', () =>
    createCallLimiter({
      clock: clock(),
      random: random(),
      log: plainLog(),
      meter: meter(),
      store: queue,
    }),
  );
