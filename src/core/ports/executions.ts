/** The status of an execution, and its end if it has ended. `unknown`: it is missing or access is denied. */
export interface ExecutionEnd {
  readonly status: 'running' | 'aborted' | 'timed-out' | 'failed' | 'succeeded' | 'unknown';
  /** Milliseconds since 1970. */
  readonly startedAt?: number | undefined;
  /** The input as JSON text. */
  readonly input?: string | undefined;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

/** All methods throw `ExecutionUnknownError`, retryable, if Step Functions does not answer. */
export interface ExecutionDirectory {
  /** Returns whether an execution runs; `unknown` if it is missing or access is denied. */
  statusOf(executionId: string): Promise<'running' | 'ended' | 'unknown'>;
  /** Returns how an execution ended. An execution with a pending redrive counts as running. */
  endOf(executionId: string): Promise<ExecutionEnd>;
}

/** The parameters of an execution that the dispatcher starts. */
export interface ExecutionStart {
  readonly stateMachineArn: string;
  /** Unique to its work, so a second start of the same work has no effect. */
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface ExecutionStarter {
  /**
   * Starts an execution. Returns `started` also if it runs already, and `exists` if an execution of this
   * name has ended.
   * @throws ExecutionNotStartedError - Step Functions did not accept the start; retryable
   */
  start(start: ExecutionStart): Promise<'started' | 'exists'>;
}
