import type { Clock } from '#src/core/ports/clock.ts';

/**
 * Limits the chunks of one object in flight, adapted to the connection. The limit rises while chunks take
 * seconds. For slower chunks, a higher limit stays only if it raises the throughput, and lower limits
 * are tried. A fast connection is filled, and a slow connection still completes chunks.
 */
export interface AdaptiveConcurrency {
  /** Resolves when another chunk may start; rejects with the signal's reason. */
  acquire(signal: AbortSignal): Promise<void>;
  /** Ends a chunk and adapts the limit to its result. */
  release(result: ChunkResult): void;
  /** The present limit of chunks in flight. */
  readonly limit: number;
  /** The round that another sender in this process has stopped. */
  haltedRound?: string | undefined;
}

/** The result of sending one chunk. */
export interface ChunkResult {
  readonly storedBytes: number;
  readonly tookMs: number;
  /** `slow`: the time was over. `rejected`: the upload host rejected the chunk. `failed`: any other error. */
  readonly outcome: 'stored' | 'slow' | 'rejected' | 'failed';
}

/** Chunks in flight before the first measurement. */
const initialLimit = 2;

/** The limit doubles while chunks are faster than this, in ms. */
const fastMs = 2_000;

/** A lower limit is tried if chunks are slower than this, in ms. */
const slowMs = 10_000;

/** The gain in throughput that a higher limit must reach to stay. */
const worthwhileGain = 1.1;

/** The part of the throughput that a lower limit must preserve to stay. */
const harmlessLoss = 0.9;

/** Windows in which a limit that was found good stays unchanged. */
const restWindows = 8;

/** Consecutive rejections after which the limit becomes one chunk, as a probe. */
const rejectionsUntilProbe = 2;

interface Measured {
  readonly limit: number;
  /** Bytes per millisecond. */
  readonly rate: number;
}

interface Window {
  startedAt: number;
  bytes: number;
  chunks: number;
  totalMs: number;
  /** Whether the chunks in flight reached the limit. */
  wasFull: boolean;
}

/** Creates the control of one object. */
export function createAdaptiveConcurrency(
  clock: Pick<Clock, 'now'>,
  maxInFlight: number,
): AdaptiveConcurrency {
  const control = new Control(clock, maxInFlight);
  const waiting: (() => void)[] = [];
  let inFlight = 0;
  const admit = () => {
    while (inFlight < control.limit && waiting.length > 0) {
      inFlight++;
      waiting.shift()?.();
    }
  };
  return {
    haltedRound: undefined,
    get limit() {
      return control.limit;
    },
    acquire: (signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        if (inFlight < control.limit && waiting.length === 0) {
          inFlight++;
          return resolve();
        }
        const start = () => {
          signal.removeEventListener('abort', cancel);
          resolve();
        };
        const cancel = () => {
          waiting.splice(waiting.indexOf(start), 1);
          reject(signal.reason);
        };
        signal.addEventListener('abort', cancel, { once: true });
        waiting.push(start);
        admit();
      }),
    release: (result) => {
      control.learn(result, inFlight);
      inFlight--;
      admit();
    },
  };
}

/** The number of transfers whose control is stored. The oldest control is deleted first. */
const maxTransfers = 200;

/** Creates the controls of a process: one for each transfer, shared by all its senders. */
export function createConcurrencyRegistry(
  clock: Pick<Clock, 'now'>,
  maxInFlight: number,
): (transferId: string) => AdaptiveConcurrency {
  const controls = new Map<string, AdaptiveConcurrency>();
  return (transferId) => {
    const control = controls.get(transferId) ?? createAdaptiveConcurrency(clock, maxInFlight);
    controls.set(transferId, control);
    const [oldest] = controls.keys();
    if (controls.size > maxTransfers && oldest !== undefined) controls.delete(oldest);
    return control;
  };
}

/** The next limit, and the measurement to compare it with. */
interface Move {
  readonly limit: number;
  readonly before?: Measured | undefined;
}

/** Searches for the limit with the highest throughput, one window of chunks at a time. */
class Control {
  limit: number;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #maxInFlight: number;
  #before: Measured | undefined;
  #restingWindows = 0;
  #rejections = 0;
  /** Chunks in flight from a higher limit. They would distort the measurement of the lower limit. */
  #leftOver = 0;
  #inFlight = 0;
  #window: Window;

  constructor(clock: Pick<Clock, 'now'>, maxInFlight: number) {
    this.#clock = clock;
    this.#maxInFlight = Math.max(1, maxInFlight);
    this.limit = Math.min(initialLimit, this.#maxInFlight);
    this.#window = this.#newWindow();
  }

  /** @param inFlight - chunks in flight, including this one */
  learn(result: ChunkResult, inFlight: number): void {
    this.#inFlight = inFlight - 1;
    const { outcome } = result;
    if (outcome === 'stored') this.#recordStored(result, inFlight);
    else if (outcome === 'slow') this.#apply({ limit: Math.floor(this.limit / 2) });
    else if (outcome === 'rejected' && ++this.#rejections >= rejectionsUntilProbe)
      this.#apply({ limit: 1 });
  }

  #recordStored({ storedBytes, tookMs }: ChunkResult, inFlight: number): void {
    const wasProbing = this.#rejections >= rejectionsUntilProbe;
    this.#rejections = 0;
    if (wasProbing) this.#apply({ limit: initialLimit });
    if (this.#leftOver > 0) {
      this.#leftOver--;
      this.#window = this.#newWindow();
      return;
    }
    this.#window.bytes += storedBytes;
    this.#window.chunks++;
    this.#window.totalMs += tookMs;
    this.#window.wasFull ||= inFlight >= this.limit;
    if (this.#window.chunks >= this.limit) this.#endWindow();
  }

  /** Ignores a window that never reached the limit: it does not measure the limit. */
  #endWindow(): void {
    const { startedAt, bytes, chunks, totalMs, wasFull } = this.#window;
    const rate = bytes / Math.max(1, this.#clock.now() - startedAt);
    this.#window = this.#newWindow();
    if (wasFull) this.#apply(this.#nextMove({ limit: this.limit, rate }, totalMs / chunks));
  }

  #nextMove(now: Measured, meanMs: number): Move {
    if (meanMs < fastMs) return { limit: now.limit * 2, before: now };
    const before = this.#before;
    if (!before || before.limit === now.limit) return this.#explore(now, meanMs);
    const gain = now.rate / before.rate;
    if (now.limit > before.limit && gain < worthwhileGain) return this.#rest(before.limit, now);
    // The lower limit lost throughput, so a limit above the earlier one may gain some.
    if (now.limit < before.limit && gain < harmlessLoss) return { limit: before.limit + 1, before };
    return this.#step(now, now.limit > before.limit ? 'up' : 'down', meanMs);
  }

  /** Without a measurement to compare, goes down if chunks are slow, else up. A good limit rests first. */
  #explore(now: Measured, meanMs: number): Move {
    if (this.#restingWindows-- > 0) return { limit: now.limit, before: now };
    return this.#step(now, meanMs >= slowMs && now.limit > 1 ? 'down' : 'up', meanMs);
  }

  #step(now: Measured, direction: 'up' | 'down', meanMs: number): Move {
    const isSlow = meanMs >= slowMs;
    if (direction === 'up') return { limit: isSlow ? now.limit + 1 : now.limit * 2, before: now };
    return isSlow ? { limit: Math.ceil(now.limit / 2), before: now } : this.#rest(now.limit, now);
  }

  #rest(limit: number, { rate }: Measured): Move {
    this.#restingWindows = restWindows;
    return { limit, before: { limit, rate } };
  }

  #apply({ limit, before }: Move): void {
    this.limit = Math.max(1, Math.min(this.#maxInFlight, limit));
    this.#before = before;
    this.#leftOver = Math.max(0, this.#inFlight - this.limit);
    this.#window = this.#newWindow();
  }

  #newWindow(): Window {
    return { startedAt: this.#clock.now(), bytes: 0, chunks: 0, totalMs: 0, wasFull: false };
  }
}
