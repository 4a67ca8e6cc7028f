import { printable } from '#local/terminal/words.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { Ending } from './exit-codes.ts';

/** A stream that the program writes to. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** The streams of the program. Results go to `stdout`, everything else to `stderr`. */
export interface Io {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined };
  readonly stdout: Output;
  readonly stderr: Output;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What every command works with. Tests replace it. */
export interface Context {
  readonly io: Io;
  readonly env: Environment;
  readonly clock: Clock;
  /** Aborted by a signal that asks the program to end. */
  readonly signal: AbortSignal;
  /** Aborted when the reader of stdout is gone. A command that only shows, and would never end, ends then. */
  readonly outputClosed?: AbortSignal;
  /** Registers the line that an interrupted program prints: what was kept, and how to continue. */
  onInterrupt(line: () => string): void;
}

/** Runs a command. Returns why it ended. */
export type Action<Args extends unknown[]> = (...args: Args) => Promise<Ending>;

/** Prints one line of information. It may contain keys and replies, so its control characters are escaped. */
export function printNote({ io }: Pick<Context, 'io'>, line: string): void {
  io.stderr.write(`${printable(line)}\n`);
}

/** Prints a result. */
export function printResult({ io }: Pick<Context, 'io'>, text: string): void {
  io.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Prints one JSON document as the result. */
export function printJson(context: Pick<Context, 'io'>, document: unknown): void {
  printResult(context, jsonText(document));
}

/** Returns JSON on one line. JSON itself leaves DEL and the C1 controls, which a terminal obeys, as they are. */
export function jsonText(document: unknown): string {
  return JSON.stringify(document).replace(/[\u007f-\u009f]/g, printable);
}
