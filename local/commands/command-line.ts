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
    process.stderr.write(`${error.name}: ${printable(error.message)}. ${error.nextStep}\n`);
  }
}

/**
 * Text that others may have written, such as a key, fit for one line of a terminal: what a terminal
 * would obey instead of showing is written as JSON writes it.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
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
