/** Time, given and never taken, so that a test can hold it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs `task` after `ms` unless the returned function is called first. */
  after(ms: number, task: () => void): () => void;
}

/** Randomness for jitter: from 0 up to, not including, 1. */
export type Random = () => number;
