import { Readable } from 'node:stream';
import type { Output } from '#cli/context.ts';
import { run } from '#cli/program.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import { canarySearch } from '../security/canaries/search.ts';

/** The time of all tests of the program: 2026-11-29T12:00:00Z. */
export const now = Date.UTC(2026, 10, 29, 12);

/** How a run of the program ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The line that Ctrl-C would have printed at the end. */
  readonly interrupted: string;
}

/** What surrounds a run. */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  /** Columns of the terminal. Default: stdout is a pipe. */
  readonly columns?: number;
  /** The answer to a question. Default: stdin is a pipe without text. */
  readonly answer?: string;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

/** A clock at `now`. Its sleeps end at once and move it. */
export function testClock(): Clock {
  let time = now;
  return {
    now: () => time,
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted();
      time += milliseconds;
      await new Promise(setImmediate);
    },
    after: () => () => {},
  };
}

/** Runs the program in this process. All its output is searched for planted secrets. */
export async function runProgram(
  argv: readonly string[],
  { env = {}, columns, answer, clock = testClock(), signal }: Surroundings = {},
): Promise<Ended> {
  const [stdout, stderr] = [recorder(columns), recorder(columns)];
  const stdin = Object.assign(Readable.from(answer === undefined ? [] : [`${answer}\n`]), {
    isTTY: answer !== undefined,
  });
  let interrupted = () => 'Interrupted.';
  const code = await run(argv, {
    io: { stdin, stdout, stderr },
    env,
    clock,
    signal: signal ?? new AbortController().signal,
    onInterrupt: (line) => {
      interrupted = line;
    },
  });
  for (const { text } of [stdout, stderr]) canarySearch.searchText('commands', text());
  const texts = { stdout: stdout.text(), stderr: stderr.text(), interrupted: interrupted() };
  return { code, ...texts };
}

function recorder(columns: number | undefined): Output & { text(): string } {
  const pieces: string[] = [];
  return {
    write: (text) => pieces.push(text),
    isTTY: columns !== undefined,
    columns,
    text: () => pieces.join(''),
  };
}
