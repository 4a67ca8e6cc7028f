import { isTransferError } from '#src/core/errors.ts';
import { type Failure, readFailure } from '#src/steps/failure.ts';
import type { ExecutionResult } from '../state-machine/run.ts';

/**
 * Runs a command to its end: its result is the exit code. An error of ours is told in one line with
 * what to do; anything else is a bug and keeps its stack trace.
 */
export async function runCommand(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    process.exitCode = 1;
    if (!isTransferError(error)) throw error;
    process.stderr.write(`${error.name}: ${error.message}. ${error.nextStep}\n`);
  }
}

/**
 * Why an execution failed, in one line. Where not even the outcome could be recorded, its cause is
 * still as Lambda wrote it.
 */
export function failureOf({ error, cause = '', status }: ExecutionResult): Failure {
  const name = error ?? status;
  return cause.startsWith('{')
    ? readFailure({ Error: name, Cause: cause })
    : { error: name, cause };
}
