/** How an execution stands or ended, as far as it can be told. */
export interface ExecutionEnd {
  readonly status: 'running' | 'aborted' | 'timed-out' | 'failed' | 'succeeded' | 'unknown';
  /** Milliseconds since 1970. */
  readonly startedAt?: number | undefined;
  /** What it was started with, as JSON text. */
  readonly input?: string | undefined;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

/** All methods throw `ExecutionUnknownError` where it can't be asked now; that is retryable. */
export interface ExecutionDirectory {
  /** Whether an execution runs; `unknown` where it can't be told (it is not known here, or not ours to ask). */
  statusOf(executionId: string): Promise<'running' | 'ended' | 'unknown'>;
  /** How an execution ended; one that waits to be redriven counts as running. */
  endOf(executionId: string): Promise<ExecutionEnd>;
}

/** What the dispatcher starts an execution with. */
export interface ExecutionStart {
  readonly stateMachineArn: string;
  /** Unique to the work that it does, so that a second start of the same work starts nothing. */
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface ExecutionStarter {
  /**
   * Starts an execution. Returns `exists` where one of that name has ended, and `started` where it runs
   * already.
   * @throws ExecutionNotStartedError - Step Functions did not take it; retryable
   */
  start(start: ExecutionStart): Promise<'started' | 'exists'>;
}
