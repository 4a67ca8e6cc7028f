import { TransferError } from '#src/core/errors/errors.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { Invocation } from '#src/transfer/step.ts';

/**
 * Aborts one chunk that makes no progress: S3 sends no byte for too long, the upload host accepts none,
 * or the deadline passes. The total time of a chunk has no limit. The transport limits the wait for
 * the reply.
 */
export interface ProgressWatch {
  readonly signal: AbortSignal;
  /** Marks that the next bytes are awaited from the source. */
  reading(): void;
  /** Marks that bytes arrived from the source and go to the upload host. */
  sending(sizeBytes: number): void;
  /** Marks that the upload host accepted the last byte. */
  replying(): void;
  /** Stops the timer and releases the listener. */
  stop(): void;
  /** Bytes that the source has returned so far. */
  readonly movedBytes: number;
  /** True while only the reply is missing. */
  readonly isReplying: boolean;
}

/** The start of the message, by the phase in which nothing moved. */
const stalledMessages = {
  reading: 'S3 sent no byte',
  sending: 'the upload host accepted no byte',
} as const;

/**
 * Starts the watch of one chunk. It checks four times in each `noProgressMs`, because a timer for each
 * buffer would cost more. The signal's reason is a `RequestTimeoutError`.
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
  const abort = (reason: string) =>
    controller.abort(new TransferError('RequestTimeoutError', `chunk ${index}: ${reason}`));
  const check = () => {
    if (phase !== 'replying' && clock.now() - since >= noProgressMs)
      return abort(`${stalledMessages[phase]} for ${noProgressMs / 1000} s`);
    cancel = clock.after(noProgressMs / 4, check);
  };
  let cancel = clock.after(noProgressMs / 4, check);
  const abortAtDeadline = () => abort('the deadline of the function passed');
  invocation.signal.addEventListener('abort', abortAtDeadline, { once: true });
  if (invocation.signal.aborted) abortAtDeadline();
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
      invocation.signal.removeEventListener('abort', abortAtDeadline);
    },
    get movedBytes() {
      return movedBytes;
    },
    get isReplying() {
      return phase === 'replying';
    },
  };
}
