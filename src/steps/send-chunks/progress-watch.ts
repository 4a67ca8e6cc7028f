import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { Invocation } from '#src/step-support/step.ts';

/** The start of the message, by the phase in which nothing moved. */
const stalledMessages = {
  reading: 'S3 sent no byte',
  sending: 'the upload host accepted no byte',
} as const;

/**
 * Aborts one chunk that makes no progress: S3 sends no byte for too long, the upload host accepts none,
 * or the deadline passes. The total time of a chunk has no limit. The transport limits the wait for
 * the reply. The signal's reason is a `RequestTimeoutError`.
 */
export class ProgressWatch {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #noProgressMs: number;
  readonly #deadline: AbortSignal;
  readonly #index: number;
  #phase: 'reading' | 'sending' | 'replying' = 'reading';
  #since: number;
  #movedBytes = 0;
  #cancelCheck: () => void;

  constructor(clock: Clock, noProgressMs: number, { signal }: Invocation, index: number) {
    this.#clock = clock;
    this.#noProgressMs = noProgressMs;
    this.#deadline = signal;
    this.#index = index;
    this.#since = clock.now();
    this.#cancelCheck = this.#scheduleCheck();
    signal.addEventListener('abort', this.#abortAtDeadline, { once: true });
    if (signal.aborted) this.#abortAtDeadline();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Bytes that the source has returned so far. */
  get movedBytes(): number {
    return this.#movedBytes;
  }

  /** True while only the reply is missing. */
  get isReplying(): boolean {
    return this.#phase === 'replying';
  }

  /** Marks that the next bytes are awaited from the source. */
  reading(): void {
    this.#enter('reading');
  }

  /** Marks that bytes arrived from the source and go to the upload host. */
  sending(sizeBytes: number): void {
    this.#movedBytes += sizeBytes;
    this.#enter('sending');
  }

  /** Marks that the upload host accepted the last byte. */
  replying(): void {
    this.#enter('replying');
  }

  /** Stops the timer and releases the listener. */
  stop(): void {
    this.#cancelCheck();
    this.#deadline.removeEventListener('abort', this.#abortAtDeadline);
  }

  #enter(phase: 'reading' | 'sending' | 'replying'): void {
    this.#phase = phase;
    this.#since = this.#clock.now();
  }

  /** Checks four times in each `noProgressMs`: a timer for each buffer would cost more. */
  #scheduleCheck(): () => void {
    return this.#clock.after(this.#noProgressMs / 4, () => this.#check());
  }

  #check(): void {
    const isStalled = this.#clock.now() - this.#since >= this.#noProgressMs;
    if (this.#phase !== 'replying' && isStalled) {
      this.#abort(`${stalledMessages[this.#phase]} for ${this.#noProgressMs / 1000} s`);
      return;
    }
    this.#cancelCheck = this.#scheduleCheck();
  }

  readonly #abortAtDeadline = () => this.#abort('the deadline of the function passed');

  #abort(reason: string): void {
    const message = `chunk ${this.#index}: ${reason}`;
    this.#controller.abort(new TransferError('RequestTimeoutError', message));
  }
}
