import { nextStepOf, type Runtime } from '#src/core/errors/error-lookup.ts';
import { asTransferError, isTransferError } from '#src/core/errors/transfer-error.ts';
import {
  describeErrors,
  type Failure,
  readFailure,
  readUnrecordedErrors,
} from '#src/outcome/failure.ts';
import type { ExecutionResult } from '../state-machine/run.ts';
import { printable } from '../terminal/words.ts';
import { systemProblem } from './system-problem.ts';

export { printable };

export interface CommandOptions {
  /** The runtime that the next steps of errors are for. */
  readonly runtime?: Runtime;
  /** The line to print when a signal ends the command. */
  readonly interrupted?: string;
  /** The next step for a ConfigurationError. Default: the next step of the error catalogue. */
  readonly nextStep?: string;
}

/** The exit codes of the signals that end a command. */
const endingSignals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const cleanups = new Set<() => void>();

let failureCode: (error: unknown) => number = () => 1;

/** Replaces the exit code of commands that end with an error. Default: 1. */
export function useFailureCodes(codeOf: (error: unknown) => number): void {
  failureCode = codeOf;
}

/** Registers a cleanup that runs before the last line of the command, however the command ends. */
export function beforeEnd(cleanup: () => void): void {
  cleanups.add(cleanup);
}

/**
 * Runs a command. Its result is the exit code. Prints an error as one line with the next step;
 * `CHUNKFERRY_DEBUG` adds the stack trace.
 */
export async function runCommand(
  command: () => Promise<number>,
  { runtime = 'local', interrupted, nextStep }: CommandOptions = {},
): Promise<void> {
  ignoreClosedPipes();
  for (const [signal, code] of Object.entries(endingSignals))
    process.once(signal, () => exit(code, interrupted));
  // A library may throw outside any promise, as the local table does when the disk is full.
  process.once('uncaughtException', (error) =>
    exit(failureCode(error), lineOf(error, runtime, nextStep)),
  );
  try {
    process.exitCode = await command();
  } catch (error) {
    // An open server must not keep the process alive.
    exit(failureCode(error), lineOf(error, runtime, nextStep));
  }
}

function exit(code: number, line: string | undefined): never {
  for (const cleanup of cleanups) cleanup();
  if (line !== undefined) process.stderr.write(`${line}\n`);
  process.exit(code);
}

/** Ignores EPIPE: the reader of a pipe may close it at any time, as `head` does. */
function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
}

/**
 * Formats an error as one line: name, message, next step.
 * @param nextStep - the next step for a ConfigurationError. Default: that of the error catalogue
 */
export function lineOf(error: unknown, runtime: Runtime, nextStep?: string): string {
  const { name, message } = describe(error);
  const override = name === 'ConfigurationError' ? nextStep : undefined;
  const step = override ?? nextStepOf(name, runtime);
  const line = `${name}: ${withFullStop(printable(message))} ${step}`;
  const isDebugged = process.env.CHUNKFERRY_DEBUG && error instanceof Error;
  return isDebugged ? `${line}\n${error.stack}` : line;
}

function describe(error: unknown): { name: string; message: string } {
  if (isTransferError(error)) return error;
  const problem = systemProblem(error);
  if (problem) return { name: 'ConfigurationError', message: problem };
  return asTransferError(error);
}

function withFullStop(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

/**
 * Returns why a local execution failed, in one line. If its outcome could not be recorded either, the
 * failure is that of the first step that failed.
 */
export function failureOf({ error, cause = '', status }: ExecutionResult): Failure {
  const name = error ?? status;
  const errors = readUnrecordedErrors(cause);
  const [first] = errors;
  if (!first) return withLocalNextStep({ error: name, cause });
  const why = { Error: errors.length > 1 ? first.Error : name, Cause: describeErrors(errors) };
  return withLocalNextStep(readFailure(why));
}

/** Replaces the next step of a recorded failure by that of a local run. */
export function withLocalNextStep({ error, cause }: Failure): Failure {
  const reason = withoutEnd(cause, nextStepOf(error, 'stack'));
  return { error, cause: [reason, nextStepOf(error, 'local')].filter(Boolean).join(' ') };
}

function withoutEnd(text: string, end: string): string {
  return text.endsWith(end) ? text.slice(0, text.length - end.length).trimEnd() : text;
}
