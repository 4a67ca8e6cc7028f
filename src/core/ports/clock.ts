/** The injected clock. Tests replace it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms`. Rejects with the signal's reason if the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs `task` after `ms`. Returns a function that cancels the task. */
  after(ms: number, task: () => void): () => void;
}

/** Returns a random number for jitter: at least 0, less than 1. */
export type Random = () => number;
