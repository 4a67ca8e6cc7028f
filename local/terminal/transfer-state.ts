import { formatBytes } from '../commands/size.ts';
import type { Phase, TransferView } from './transfer-view.ts';
import type { Wait } from './waits.ts';

/** The bytes that one run has sent. Bytes of earlier runs are separate. */
export interface Sent {
  readonly bytes: number;
  readonly milliseconds: number;
  readonly resumedBytes: number;
}

/** The current state of a transfer, from the events and logs of its steps. */
export interface TransferState {
  view(): TransferView;
  sent(): Sent;
  hashed(bytes: number, sizeBytes: number): void;
  enters(phase: Phase): void;
  /** Records a plan. The first time, returns a line about the bytes of earlier runs. */
  planned(sizeBytes: number, provenBytes: number): string | undefined;
  moved(bytes: number): void;
  waits(wait: Wait): void;
  /** Records that a chunk failed. Does not replace a wait with a known next try. */
  stalls(wait: Wait): void;
  /** Returns true once: after the last byte is sent. */
  isJustSent(): boolean;
}

/** Creates the state of a new transfer. */
export function createTransferState(now: () => number): TransferState {
  let phase: Phase | undefined;
  let phaseSince = now();
  let wait: Wait | undefined;
  let hash = { done: 0, total: 0, since: 0 };
  const bytes = { total: 0, moved: 0, resumed: 0, run: 0, since: 0, lastAt: 0 };
  let wasShownSent = false;

  function enters(entered: Phase): void {
    // Events of the state machine may arrive after the last chunk is sent.
    const isAllSent = bytes.total > 0 && bytes.moved >= bytes.total;
    const next = entered === 'sending' && isAllSent ? 'confirming' : entered;
    const isOver = wait !== undefined && (wait.nextTry ?? 0) <= now();
    if (next !== phase || isOver) wait = undefined;
    if (next !== phase) phaseSince = now();
    phase = next;
  }

  function counted(): Pick<TransferView, 'doneBytes' | 'totalBytes' | 'runBytes' | 'runSince'> {
    if (phase === 'hashing')
      return {
        doneBytes: hash.done,
        totalBytes: hash.total,
        runBytes: hash.done,
        runSince: hash.since,
      };
    const { moved, total, run, since } = bytes;
    const isShown = phase === 'sending';
    return { doneBytes: moved, totalBytes: isShown ? total : 0, runBytes: run, runSince: since };
  }

  return {
    view: () => ({ phase: phase ?? 'inspecting', phaseSince, wait, ...counted() }),
    sent: () => ({
      bytes: bytes.run,
      milliseconds: bytes.lastAt - bytes.since,
      resumedBytes: bytes.resumed,
    }),
    hashed(done, total) {
      if (phase !== 'hashing') hash = { ...hash, since: now() };
      enters('hashing');
      hash = { ...hash, done, total };
    },
    enters,
    planned(sizeBytes, provenBytes) {
      const isFirst = bytes.since === 0;
      Object.assign(bytes, { total: sizeBytes, moved: provenBytes });
      if (isFirst) Object.assign(bytes, { since: now(), lastAt: now(), resumed: provenBytes });
      enters('sending');
      wait = undefined;
      return isFirst && provenBytes > 0
        ? `  Resuming: an earlier run has sent ${formatBytes(provenBytes)} of ${formatBytes(sizeBytes)}`
        : undefined;
    },
    moved(sizeBytes) {
      bytes.moved += sizeBytes;
      bytes.run += sizeBytes;
      bytes.lastAt = now();
      enters('sending');
      wait = undefined;
    },
    waits(next) {
      wait = next;
    },
    stalls(next) {
      if ((wait?.nextTry ?? 0) <= now()) wait = next;
    },
    isJustSent() {
      const isSent = bytes.run > 0 && bytes.moved >= bytes.total;
      const isFirstTime = isSent && !wasShownSent;
      wasShownSent ||= isSent;
      return isFirstTime;
    },
  };
}
