import { TransferError } from '#src/core/errors/errors.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { Invocation } from '#src/transfer/step.ts';

/**
 * Guards one chunk against silence, in each direction by itself: its signal aborts when S3 gives no
 * byte for too long, when the upload host takes none, or at the deadline. How long a chunk takes as a
 * whole does not matter, and the wait for the reply has a limit of its own in the transport.
 */
export interface ProgressWatch {
  readonly signal: AbortSignal;
  /** The source is asked for bytes. */
  reading(): void;
  /** The source gave bytes, which the upload host is to take. */
  sending(sizeBytes: number): void;
  /** The upload host has taken the last byte. */
  replying(): void;
  /** The chunk is over; no timer is left behind. */
  stop(): void;
  /** Bytes that the source gave. */
  readonly movedBytes: number;
  /** Whether only the reply is missing. */
  readonly isReplying: boolean;
}

const silent = {
  reading: 'S3 gave no byte',
  sending: 'the upload host took no byte',
} as const;

/**
 * Watches one chunk by a check four times in each `noProgressMs`: a timer for each buffer would cost more.
 * The signal's reason is a `RequestTimeoutError`.
 */
export function watchProgress(
  clock: Clock,
  noProgressMs: number,
  invocation: Invocation,
  index: number,
): ProgressWatch {
  const controller = new AbortController();
  let phase: 'reading' | 'sending' | 'replying' = 'reading';
  let since = clock.now();
  let movedBytes = 0;
  const enter = (next: typeof phase) => {
    phase = next;
    since = clock.now();
  };
  const giveUp = (why: string) =>
    controller.abort(new TransferError('RequestTimeoutError', `chunk ${index}: ${why}`));
  const check = () => {
    if (phase !== 'replying' && clock.now() - since >= noProgressMs)
      return giveUp(`${silent[phase]} for ${noProgressMs / 1000} s`);
    cancel = clock.after(noProgressMs / 4, check);
  };
  let cancel = clock.after(noProgressMs / 4, check);
  const atDeadline = () => giveUp("the function's time is up");
  invocation.signal.addEventListener('abort', atDeadline, { once: true });
  if (invocation.signal.aborted) atDeadline();
  return {
    signal: controller.signal,
    reading: () => enter('reading'),
    sending: (sizeBytes) => {
      movedBytes += sizeBytes;
      enter('sending');
    },
    replying: () => enter('replying'),
    stop: () => {
      cancel();
      invocation.signal.removeEventListener('abort', atDeadline);
    },
    get movedBytes() {
      return movedBytes;
    },
    get isReplying() {
      return phase === 'replying';
    },
  };
}
