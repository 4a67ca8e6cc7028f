import { TransferError } from '#src/core/errors.ts';
import type { Clock } from '#src/core/ports.ts';
import type { Invocation } from './step.ts';

/** Guards one chunk: its signal aborts when no byte has moved for too long, or at the deadline. */
export interface ProgressWatch {
  readonly signal: AbortSignal;
  /** A byte has moved. */
  moved(): void;
  /** The chunk is over; no timer is left behind. */
  stop(): void;
}

/**
 * Watches one chunk by looking four times in each `noProgressMs`, so that moving bytes costs no timer.
 * The signal's reason is a `RequestTimeoutError`.
 */
export function watchProgress(
  clock: Clock,
  noProgressMs: number,
  invocation: Invocation,
  index: number,
): ProgressWatch {
  const controller = new AbortController();
  let lastMoveAt = clock.now();
  const giveUp = (why: string) =>
    controller.abort(new TransferError('RequestTimeoutError', `chunk ${index}: ${why}`));
  const look = () => {
    if (clock.now() - lastMoveAt >= noProgressMs) giveUp(`no byte moved for ${noProgressMs} ms`);
    else cancel = clock.after(noProgressMs / 4, look);
  };
  let cancel = clock.after(noProgressMs / 4, look);
  const atDeadline = () => giveUp("the function's time is up");
  invocation.signal.addEventListener('abort', atDeadline, { once: true });
  if (invocation.signal.aborted) atDeadline();
  return {
    signal: controller.signal,
    moved: () => {
      lastMoveAt = clock.now();
    },
    stop: () => {
      cancel();
      invocation.signal.removeEventListener('abort', atDeadline);
    },
  };
}
