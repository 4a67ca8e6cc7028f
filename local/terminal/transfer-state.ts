import { formatBytes } from '../commands/size.ts';
import type { Phase, TransferView } from './transfer-view.ts';
import type { Wait } from './waits.ts';

/** What one run has sent: bytes that were there before it count apart. */
export interface Sent {
  readonly bytes: number;
  readonly milliseconds: number;
  readonly resumedBytes: number;
}

/** How a transfer stands, as told by its steps. */
export interface TransferState {
  view(): TransferView;
  sent(): Sent;
  hashed(bytes: number, sizeBytes: number): void;
  enters(phase: Phase): void;
  /** Takes a plan; returns a line about what an earlier run has sent, the first time. */
  planned(sizeBytes: number, provenBytes: number): string | undefined;
  moved(bytes: number): void;
  waits(wait: Wait): void;
  /** Something stopped a chunk. A wait that names its next try says more and stays. */
  stalls(wait: Wait): void;
  /** True once: when the last byte has been moved. */
  isJustSent(): boolean;
}

/** Keeps how one transfer stands. */
export function createTransferState(now: () => number): TransferState {
  let phase: Phase | undefined;
  let phaseSince = now();
  let wait: Wait | undefined;
  let hash = { done: 0, total: 0, since: 0 };
  const bytes = { total: 0, moved: 0, resumed: 0, run: 0, since: 0, lastAt: 0 };
  let wasShownSent = false;

  function enters(entered: Phase): void {
    // The machine's events come a little late: what is sent is sent.
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
        ? `  Resumed: ${formatBytes(provenBytes)} of ${formatBytes(sizeBytes)} were there already`
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
