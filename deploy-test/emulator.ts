import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bareEnvironment, type Places } from './places.ts';
import type { Processes } from './processes.ts';
import { waitFor } from './waiting.ts';

/** A whole AWS in one process, on a free port of loopback. */
export interface Emulator {
  readonly url: string;
  /** PEM; every client has to trust it. */
  readonly certificate: string;
  readonly certificatePath: string;
  /** The head of the group that the functions' processes belong to. */
  readonly pid: number;
}

const startSeconds = 60;

/**
 * Starts the emulator with its supplements. What it logs is kept in the cache until the next run.
 * @throws Error - it has not answered within a minute
 */
export async function startEmulator(
  processes: Processes,
  places: Places,
  bin: string,
): Promise<Emulator> {
  const program = join(places.root, 'deploy-test', 'emulator', 'serve.py');
  const log = createWriteStream(join(places.cache, 'emulator.log'));
  const env = { ...bareEnvironment(places), PYTHONDONTWRITEBYTECODE: '1' };
  const start = { cwd: places.scratch, env };
  const args = ['-u', program, places.scratch];
  const child = processes.start(join(bin, 'python'), args, start, log);
  const { port, certificate: certificatePath } = await firstLine(child);
  const certificate = await readFile(certificatePath, 'utf8');
  const url = `https://127.0.0.1:${port}`;
  await waitFor('the emulator to answer', startSeconds, () => answers(url, certificate));
  return { url, certificate, certificatePath, pid: child.pid ?? 0 };
}

/** Where it listens; the rest of its output is let go. */
async function firstLine(child: ChildProcess): Promise<{ port: number; certificate: string }> {
  if (!child.stdout) throw new Error('the emulator has no output');
  const lines = createInterface({ input: child.stdout });
  const signal = AbortSignal.timeout(startSeconds * 1000);
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error('the emulator ended as it started; .deploy-test/emulator.log says why');
  });
  const [line] = await Promise.race([once(lines, 'line', { signal }), ended]);
  ended.catch(() => {});
  return JSON.parse(line);
}

function answers(url: string, ca: string): Promise<true | undefined> {
  return new Promise((resolve) => {
    const asked = request(`${url}/_ministack/health`, { ca, timeout: 5_000 }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode === 200 || undefined));
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve(undefined));
    asked.end();
  });
}
