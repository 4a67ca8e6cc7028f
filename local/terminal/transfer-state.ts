import { formatBytes } from './size.ts';
import type { Phase, TransferView } from './transfer-view.ts';
import type { Wait } from './waits.ts';

/** The bytes that one run has sent. Bytes of earlier runs are separate. */
export interface Sent {
  readonly bytes: number;
  readonly milliseconds: number;
  readonly resumedBytes: number;
}

/** The current state of a transfer, from the events and logs of its steps. */
export class TransferState {
  readonly #now: () => number;
  #phase: Phase | undefined;
  #phaseSince: number;
  #wait: Wait | undefined;
  #hash = { done: 0, total: 0, since: 0 };
  readonly #bytes = { total: 0, moved: 0, resumed: 0, run: 0, since: 0, lastAt: 0 };
  #wasShownSent = false;

  /** @param now - returns milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
    this.#phaseSince = now();
  }

  view(): TransferView {
    const phase = this.#phase ?? 'inspecting';
    return { phase, phaseSince: this.#phaseSince, wait: this.#wait, ...this.#counts() };
  }

  sent(): Sent {
    const { run, since, lastAt, resumed } = this.#bytes;
    return { bytes: run, milliseconds: lastAt - since, resumedBytes: resumed };
  }

  hashed(done: number, total: number): void {
    const since = this.#phase === 'hashing' ? this.#hash.since : this.#now();
    this.enters('hashing');
    this.#hash = { done, total, since };
  }

  enters(entered: Phase): void {
    const { total, moved } = this.#bytes;
    // Events of the state machine may arrive after the last chunk is sent.
    const isAllSent = total > 0 && moved >= total;
    const next = entered === 'sending' && isAllSent ? 'confirming' : entered;
    const isWaitOver = (this.#wait?.nextTry ?? 0) <= this.#now();
    if (next !== this.#phase || isWaitOver) this.#wait = undefined;
    if (next !== this.#phase) this.#phaseSince = this.#now();
    this.#phase = next;
  }

  /** Records a plan. The first time, returns a line about the bytes of earlier runs. */
  planned(sizeBytes: number, provenBytes: number): string | undefined {
    const now = this.#now();
    const isFirst = this.#bytes.since === 0;
    Object.assign(this.#bytes, { total: sizeBytes, moved: provenBytes });
    if (isFirst) Object.assign(this.#bytes, { since: now, lastAt: now, resumed: provenBytes });
    this.enters('sending');
    this.#wait = undefined;
    return isFirst && provenBytes > 0
      ? `  Resuming: an earlier run has sent ${formatBytes(provenBytes)} of ${formatBytes(sizeBytes)}`
      : undefined;
  }

  moved(sizeBytes: number): void {
    this.#bytes.moved += sizeBytes;
    this.#bytes.run += sizeBytes;
    this.#bytes.lastAt = this.#now();
    this.enters('sending');
    this.#wait = undefined;
  }

  waits(next: Wait): void {
    this.#wait = next;
  }

  /** Records that a chunk failed. Does not replace a wait with a known next try. */
  stalls(next: Wait): void {
    if ((this.#wait?.nextTry ?? 0) <= this.#now()) this.#wait = next;
  }

  /** Returns true once: after the last byte is sent. */
  isJustSent(): boolean {
    const { run, moved, total } = this.#bytes;
    const isSent = run > 0 && moved >= total;
    const isFirstTime = isSent && !this.#wasShownSent;
    this.#wasShownSent ||= isSent;
    return isFirstTime;
  }

  #counts(): Pick<TransferView, 'doneBytes' | 'totalBytes' | 'runBytes' | 'runSince'> {
    if (this.#phase === 'hashing') {
      const { done, total, since } = this.#hash;
      return { doneBytes: done, totalBytes: total, runBytes: done, runSince: since };
    }
    const { moved, total, run, since } = this.#bytes;
    const totalBytes = this.#phase === 'sending' ? total : 0;
    return { doneBytes: moved, totalBytes, runBytes: run, runSince: since };
  }
}
