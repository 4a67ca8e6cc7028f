import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bareEnvironment, type Paths } from './paths.ts';
import type { Processes } from './processes.ts';
import { waitFor } from './waiting.ts';

/** An emulator of AWS in one process, on a free port of loopback. */
export interface Emulator {
  readonly url: string;
  /** PEM. Every client must trust it. */
  readonly certificate: string;
  readonly certificatePath: string;
  /** The process group of the emulator and its functions. */
  readonly pid: number;
}

const startSeconds = 60;

/**
 * Starts the emulator with its supplements. Its log is in the cache folder until the next run.
 * @throws Error - no answer within a minute
 */
export async function startEmulator(
  processes: Processes,
  paths: Paths,
  bin: string,
): Promise<Emulator> {
  const program = join(paths.root, 'deploy-test', 'emulator', 'serve.py');
  const log = createWriteStream(join(paths.cache, 'emulator.log'));
  const env = { ...bareEnvironment(paths), PYTHONDONTWRITEBYTECODE: '1' };
  const start = { cwd: paths.scratch, env };
  const args = ['-u', program, paths.scratch];
  const child = processes.start(join(bin, 'python'), args, start, log);
  const { port, certificate: certificatePath } = await firstLine(child);
  const certificate = await readFile(certificatePath, 'utf8');
  const url = `https://127.0.0.1:${port}`;
  await waitFor('the emulator to answer', startSeconds, () => answers(url, certificate));
  return { url, certificate, certificatePath, pid: child.pid ?? 0 };
}

/** Reads port and certificate from the first line of output. Discards the rest. */
async function firstLine(child: ChildProcess): Promise<{ port: number; certificate: string }> {
  if (!child.stdout) throw new Error('The emulator has no output.');
  const lines = createInterface({ input: child.stdout });
  const signal = AbortSignal.timeout(startSeconds * 1000);
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error('The emulator ended at its start. See .deploy-test/emulator.log.');
  });
  const [line] = await Promise.race([once(lines, 'line', { signal }), ended]);
  ended.catch(() => {});
  return JSON.parse(line);
}

function answers(url: string, ca: string): Promise<true | undefined> {
  return new Promise((resolve) => {
    const call = request(`${url}/_ministack/health`, { ca, timeout: 5_000 }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode === 200 || undefined));
    });
    call.once('timeout', () => call.destroy());
    call.once('error', () => resolve(undefined));
    call.end();
  });
}
