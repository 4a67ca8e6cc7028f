import {
  ExecutionAbortedError,
  ExecutionError,
  ExecutionTimeoutError,
} from 'aws-local-stepfunctions';
import type { RunEnding } from '#local/state-machine/lambda/run-ending.ts';

/** The status of an execution, as in the service. */
export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** The outcome of an execution: `output` after success, `error` and `cause` after a failure. */
export interface ExecutionOutcome {
  readonly status: Exclude<ExecutionStatus, 'RUNNING'>;
  readonly output?: unknown;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

/** Waits for the interpreter's result and for its log. An ending from outside overrides the result. */
export async function outcomeOf(
  result: Promise<unknown>,
  logRead: Promise<void>,
  ending: RunEnding,
): Promise<ExecutionOutcome> {
  const own = await result.then(
    (output): ExecutionOutcome => ({ status: 'SUCCEEDED', output }),
    failureOf,
  );
  ending.close();
  await logRead;
  return ending.reason ?? own;
}

function failureOf(thrown: unknown): ExecutionOutcome {
  if (thrown instanceof ExecutionTimeoutError) {
    return { status: 'TIMED_OUT', error: 'States.Timeout', cause: undefined };
  }
  if (thrown instanceof ExecutionAbortedError) return { status: 'ABORTED' };
  const error = thrown instanceof ExecutionError ? thrown.cause : thrown;
  if (!(error instanceof Error)) throw thrown;
  return { status: 'FAILED', error: error.name, cause: error.message };
}
