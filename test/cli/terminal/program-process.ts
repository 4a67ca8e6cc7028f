import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { canarySearch } from '../../security/canaries/search.ts';

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The program of the checkout, as a command. */
export const program: readonly string[] = [process.execPath, fileOf('../../../cli/main.js')];

/** How a process on a terminal or a pipe ended. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Waits for the end of a process. Its output is searched for planted secrets. */
export async function endOf(child: ChildProcess): Promise<Ended> {
  const [output, [code]] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    once(child, 'close'),
  ]);
  canarySearch.searchText('commands', output);
  return { code, output };
}

type Env = Readonly<Record<string, string>>;

/** Runs a command on a pseudo-terminal until it shows a text, then presses Ctrl-C. */
export function onTerminal(
  columns: number,
  until: string,
  command: readonly string[],
  env: Env,
): Promise<Ended> {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env;
  const own = { PATH, HOME, NODE_COMPILE_CACHE, TERM: 'xterm-256color', ...env };
  const pty = [fileOf('../../terminal/on_terminal.py'), String(columns), until, ...command];
  return endOf(spawn('python3', pty, { env: own, stdio: ['ignore', 'pipe', 'inherit'] }));
}

/** Runs a line of bash, in which `"$@"` is the program, with its output on a pipe. */
export function inShell(line: string, env: Env): Promise<Ended> {
  const args = ['-c', line, 'bash', ...program];
  const own = { ...process.env, ...env };
  return endOf(spawn('bash', args, { env: own, stdio: ['ignore', 'pipe', 'ignore'] }));
}
