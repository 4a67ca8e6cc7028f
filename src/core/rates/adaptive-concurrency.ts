import type { Clock } from '#src/core/ports/clock.ts';

/**
 * How many chunks of one object are in flight, adapted to the line. While chunks take seconds, more
 * are better; once they take long, more are kept only if they raise the throughput, and fewer are
 * tried. So a fast line is filled and a slow one still finishes chunks.
 */
export interface AdaptiveConcurrency {
  /** Resolves when another chunk may start; rejects with the signal's reason. */
  acquire(signal: AbortSignal): Promise<void>;
  /** Gives the place back and learns from the chunk. */
  release(result: ChunkResult): void;
  /** Chunks that may be in flight now. */
  readonly limit: number;
  /** The round that another sender of this process has stopped for good. */
  haltedRound?: string | undefined;
}

/** What became of one chunk: bytes that were stored, or the reason why none were. */
export interface ChunkResult {
  readonly storedBytes: number;
  readonly tookMs: number;
  /** `slow`: it ran out of time. `refused`: the upload host refused it. `failed`: any other error. */
  readonly outcome: 'stored' | 'slow' | 'refused' | 'failed';
}

/** Chunks in flight before anything is known of the line. */
const initialLimit = 2;

/** Chunks faster than this let the number in flight double, in ms. */
const fastMs = 2_000;

/** Chunks slower than this have fewer in flight tried, in ms. */
const slowMs = 10_000;

/** How much more throughput a higher number must bring to be kept. */
const worthwhileGain = 1.1;

/** How much of the throughput a lower number must keep to be kept. */
const harmlessLoss = 0.9;

/** Windows after which a settled number is tried again. */
const settledWindows = 8;

/** Refusals in a row, with no chunk stored between them, after which one chunk at a time probes. */
const refusalsUntilProbe = 2;

interface Measured {
  readonly limit: number;
  /** Bytes a millisecond. */
  readonly rate: number;
}

interface Window {
  startedAt: number;
  bytes: number;
  chunks: number;
  totalMs: number;
  /** Whether as many were in flight as allowed. */
  wasFull: boolean;
}

/**
 * Makes the control for one object.
 * @param most - chunks that may ever be in flight
 */
export function createAdaptiveConcurrency(
  clock: Pick<Clock, 'now'>,
  most: number,
): AdaptiveConcurrency {
  const control = new Control(clock, most);
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
        const give = () => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        const leave = () => {
          waiting.splice(waiting.indexOf(give), 1);
          reject(signal.reason);
        };
        signal.addEventListener('abort', leave, { once: true });
        waiting.push(give);
        admit();
      }),
    release: (result) => {
      control.learn(result, inFlight);
      inFlight--;
      admit();
    },
  };
}

/** Transfers whose control is kept; the oldest go first. */
const maxTransfers = 200;

/** Makes the controls of a process: one for each transfer, shared by all that send for it. */
export function createConcurrencyRegistry(
  clock: Pick<Clock, 'now'>,
  most: number,
): (transferId: string) => AdaptiveConcurrency {
  const controls = new Map<string, AdaptiveConcurrency>();
  return (transferId) => {
    const control = controls.get(transferId) ?? createAdaptiveConcurrency(clock, most);
    controls.set(transferId, control);
    const [oldest] = controls.keys();
    if (controls.size > maxTransfers && oldest !== undefined) controls.delete(oldest);
    return control;
  };
}

/** A number of chunks in flight, with what the number before it brought, if that is to be compared. */
interface Move {
  readonly limit: number;
  readonly before?: Measured | undefined;
}

/** Climbs towards the number with the most throughput, a window of chunks at a time. */
class Control {
  limit: number;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #most: number;
  #before: Measured | undefined;
  #settledFor = 0;
  #refusals = 0;
  /** Chunks in flight beyond the limit, left from a higher one: they would flatter the lower. */
  #leftOver = 0;
  #inFlight = 0;
  #window: Window;

  constructor(clock: Pick<Clock, 'now'>, most: number) {
    this.#clock = clock;
    this.#most = Math.max(1, most);
    this.limit = Math.min(initialLimit, this.#most);
    this.#window = this.#newWindow();
  }

  /** @param inFlight - with the chunk that this is about */
  learn(result: ChunkResult, inFlight: number): void {
    this.#inFlight = inFlight - 1;
    const { outcome } = result;
    if (outcome === 'stored') this.#count(result, inFlight);
    else if (outcome === 'slow') this.#go({ limit: Math.floor(this.limit / 2) });
    else if (outcome === 'refused' && ++this.#refusals >= refusalsUntilProbe)
      this.#go({ limit: 1 });
  }

  #count({ storedBytes, tookMs }: ChunkResult, inFlight: number): void {
    const wasProbing = this.#refusals >= refusalsUntilProbe;
    this.#refusals = 0;
    if (wasProbing) this.#go({ limit: initialLimit });
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

  /** A window in which fewer were in flight than allowed says nothing of the allowed number. */
  #endWindow(): void {
    const { startedAt, bytes, chunks, totalMs, wasFull } = this.#window;
    const rate = bytes / Math.max(1, this.#clock.now() - startedAt);
    this.#window = this.#newWindow();
    if (wasFull) this.#go(this.#next({ limit: this.limit, rate }, totalMs / chunks));
  }

  #next(now: Measured, meanMs: number): Move {
    if (meanMs < fastMs) return { limit: now.limit * 2, before: now };
    const before = this.#before;
    if (!before || before.limit === now.limit) return this.#explore(now, meanMs);
    const gain = now.rate / before.rate;
    if (now.limit > before.limit && gain < worthwhileGain) return this.#settle(before.limit, now);
    // The lower number lost throughput, so a higher one than before may gain some.
    if (now.limit < before.limit && gain < harmlessLoss) return { limit: before.limit + 1, before };
    return this.#step(now, now.limit > before.limit ? 'up' : 'down', meanMs);
  }

  /** Nothing to compare with: goes down where chunks take long, else up; a settled number rests first. */
  #explore(now: Measured, meanMs: number): Move {
    if (this.#settledFor-- > 0) return { limit: now.limit, before: now };
    return this.#step(now, meanMs >= slowMs && now.limit > 1 ? 'down' : 'up', meanMs);
  }

  #step(now: Measured, direction: 'up' | 'down', meanMs: number): Move {
    const isSlow = meanMs >= slowMs;
    if (direction === 'up') return { limit: isSlow ? now.limit + 1 : now.limit * 2, before: now };
    return isSlow ? { limit: Math.ceil(now.limit / 2), before: now } : this.#settle(now.limit, now);
  }

  #settle(limit: number, { rate }: Measured): Move {
    this.#settledFor = settledWindows;
    return { limit, before: { limit, rate } };
  }

  #go({ limit, before }: Move): void {
    this.limit = Math.max(1, Math.min(this.#most, limit));
    this.#before = before;
    this.#leftOver = Math.max(0, this.#inFlight - this.limit);
    this.#window = this.#newWindow();
  }

  #newWindow(): Window {
    return { startedAt: this.#clock.now(), bytes: 0, chunks: 0, totalMs: 0, wasFull: false };
  }
}
