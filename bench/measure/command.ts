import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { peakRssBytes, type Usage } from './usage.ts';

/** Interval of the memory samples, in ms. Each sample takes a few file reads. */
const sampleEveryMs = 50;

/** Runs the command, then prints the CPU time of this shell and of all its ended children. */
const timedRun = '"$@" >/dev/null || exit; times';

/** Characters of stderr that explain a failure. */
const explainingChars = 500;

/**
 * Runs a command and measures it with all processes below it.
 * @throws UnexpectedError - the command failed; the message has the end of its stderr
 */
export function measureCommand(
  command: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Usage> {
  return measureShell(['-c', timedRun, 'bash', ...command], environment);
}

/** Runs bash and measures it with all processes below it. Its last output is that of `times`. */
export async function measureShell(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Usage> {
  const startedAt = Date.now();
  const before = performance.now();
  const shell = spawn('bash', args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  const ended = once(shell, 'close');
  const [output, errors, peak] = await Promise.all([
    shell.stdout.setEncoding('utf8').toArray(),
    shell.stderr.setEncoding('utf8').toArray(),
    largestPeak(shell.pid ?? 0, ended),
  ]);
  await ended;
  const seconds = (performance.now() - before) / 1000;
  if (shell.exitCode !== 0) {
    const end = errors.join('').slice(-explainingChars);
    throw new TransferError('UnexpectedError', `${commandOf(args)} failed: ${end}`);
  }
  return { startedAt, seconds, cpuSeconds: cpuSeconds(output.join('')), peakRssBytes: peak };
}

function commandOf([first = '', , , program = '']: readonly string[]): string {
  return first === '-c' ? program : first;
}

/** Sums the output of the shell's `times`: `0m1.234s`, user and system, of the shell and its children. */
function cpuSeconds(times: string): number {
  const found = [...times.matchAll(/(\d+)m([\d.]+)s/g)];
  return found.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

/** Returns the largest sampled peak of any process below the shell. */
async function largestPeak(shellPid: number, ended: Promise<unknown>): Promise<number | undefined> {
  let isOver = false;
  ended.then(() => {
    isOver = true;
  });
  let largest: number | undefined;
  while (!isOver) {
    for (const pid of await descendants(shellPid)) {
      const bytes = await peakRssBytes(pid);
      if (bytes !== undefined) largest = Math.max(largest ?? 0, bytes);
    }
    await Promise.race([sleep(sampleEveryMs), ended]);
  }
  return largest;
}

async function descendants(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1').catch(() => '');
  const children = text.split(' ').filter(Boolean).map(Number);
  const below = await Promise.all(children.map(descendants));
  return [...children, ...below.flat()];
}
