import { tmpdir } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { isTransferError, nextStepOf, type Runtime } from '#src/core/errors/errors.ts';
import { type Failure, readFailure } from '#src/transfer/failure.ts';
import type { ExecutionResult } from '../state-machine/run.ts';
import { printable } from '../terminal/words.ts';

export { printable };

export interface CommandOptions {
  /** Whose words the next steps are in. */
  readonly runtime?: Runtime;
  /** The line for a signal that ends the command. */
  readonly interrupted?: string;
  /** What to do about a wrong configuration, in place of the catalogue's words. */
  readonly nextStep?: string;
}

/** The signals that end a command from outside, and the exit code that each one means. */
const endingSignals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const cleanups = new Set<() => void>();

/** Runs `cleanup` before anything is written about the command's end, however it ends. */
export function beforeEnd(cleanup: () => void): void {
  cleanups.add(cleanup);
}

/**
 * Runs a command to its end: its result is the exit code. Any error is one line that says what to do.
 * `CHUNKFERRY_DEBUG` adds the stack trace.
 */
export async function runCommand(
  command: () => Promise<number>,
  { runtime = 'local', interrupted, nextStep }: CommandOptions = {},
): Promise<void> {
  ignoreClosedPipes();
  for (const [signal, code] of Object.entries(endingSignals))
    process.once(signal, () => exit(code, interrupted));
  // A library may throw where nobody can catch, as the local table does when the disk is full.
  process.once('uncaughtException', (error) => exit(1, lineOf(error, runtime, nextStep)));
  try {
    process.exitCode = await command();
  } catch (error) {
    // A server that the command had opened must not keep the process.
    exit(1, lineOf(error, runtime, nextStep));
  }
}

function exit(code: number, line: string | undefined): never {
  sayLast(line);
  process.exit(code);
}

function sayLast(line: string | undefined): void {
  for (const cleanup of cleanups) cleanup();
  if (line !== undefined) process.stderr.write(`${line}\n`);
}

/** The reader of a pipe may leave at any time, as `head` does; that is no error of the command. */
function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
}

/**
 * An error as one line: its name, what happened, what to do.
 * @param nextStep - what to do about a ConfigurationError, in place of the catalogue's words
 */
export function lineOf(error: unknown, runtime: Runtime, nextStep?: string): string {
  const { name, message } = nameOf(error);
  const own = name === 'ConfigurationError' ? nextStep : undefined;
  const line = `${name}: ${withStop(printable(message))} ${own ?? nextStepOf(name, runtime)}`;
  const isDebugged = process.env.CHUNKFERRY_DEBUG && error instanceof Error;
  return isDebugged ? `${line}\n${error.stack}` : line;
}

function nameOf(error: unknown): { name: string; message: string } {
  if (isTransferError(error)) return error;
  const problem = systemProblem(error);
  if (problem) return { name: 'ConfigurationError', message: problem };
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { name: 'UnexpectedError', message: text };
}

/** What the operating system refused, with the path; undefined for any other error. */
function systemProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errno, path } = error as NodeJS.ErrnoException;
  // LevelDB, which keeps the proofs, writes its errors so.
  const [, file, said] = /^IO error: (.+?): (.+)$/.exec(error.message) ?? [];
  if (file) return `${file}: ${said}`;
  const [, words] = getSystemErrorMap().get(errno ?? 0) ?? [];
  if (code === undefined || words === undefined || 'address' in error) return undefined;
  // A write names no file; all that a command writes is in these two.
  const where = path ?? `a file in ${tmpdir()} or in the folder of the proofs`;
  return `${where}: ${words} (${code})`;
}

function withStop(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

/**
 * Why an execution on a laptop failed, in one line. Where not even the outcome could be recorded, its
 * cause is still as Lambda wrote it.
 */
export function failureOf({ error, cause = '', status }: ExecutionResult): Failure {
  const name = error ?? status;
  return withLocalNextStep(
    cause.startsWith('{') ? readFailure({ Error: name, Cause: cause }) : { error: name, cause },
  );
}

/** A recorded failure with the next step of a laptop in place of the stack's. */
export function withLocalNextStep({ error, cause }: Failure): Failure {
  const said = withoutEnd(withoutEnd(cause, nextStepOf(error, 'stack')), unrecordedStep);
  return { error, cause: [said, nextStepOf(error, 'local')].filter(Boolean).join(' ') };
}

/** What the state machine says in the end where the outcome could not be recorded either. */
const unrecordedStep = nextStepOf('OutcomeNotRecordedError', 'stack');

function withoutEnd(text: string, end: string): string {
  return text.endsWith(end) ? text.slice(0, text.length - end.length).trimEnd() : text;
}
