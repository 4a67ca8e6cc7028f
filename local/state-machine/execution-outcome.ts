import {
  ExecutionAbortedError,
  ExecutionError,
  ExecutionTimeoutError,
} from 'aws-local-stepfunctions';
import type { RunEnding } from './run-ending.ts';

/** How an execution stands, in the service's words. */
export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** How an execution ended: `output` only where it succeeded, `error` and `cause` where it failed. */
export interface ExecutionOutcome {
  readonly status: Exclude<ExecutionStatus, 'RUNNING'>;
  readonly output?: unknown;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

/**
 * Waits for the interpreter's result and for its log to be read; an ending forced from outside
 * stands above the result.
 */
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
