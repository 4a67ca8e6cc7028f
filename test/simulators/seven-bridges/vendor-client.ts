import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { SevenBridgesSimulator } from '#local/simulators/seven-bridges/server.ts';
import { type Python, preparePython } from '../../python/virtual-environment.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Returns the Python with the vendor's client, or the reason why there is none. */
export function findPython(): Promise<Python> {
  return preparePython({ name: 'sevenbridges', list: join(here, 'requirements.txt'), minor: 9 });
}

export type Answer = Readonly<Record<string, unknown>>;

/** Calls the vendor's client, in one process that ends with the test. */
export type VendorClient = (call: string, options?: object) => Promise<Answer>;

export function startVendorClient(
  program: string,
  { baseUrl, token }: SevenBridgesSimulator,
): VendorClient {
  const child = spawn(program, [join(here, 'client.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, NO_PROXY: '*', PYTHONDONTWRITEBYTECODE: '1' },
  });
  onTestFinished(() => void child.kill());
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (call, options = {}) => {
    child.stdin.write(`${JSON.stringify({ call, options, url: baseUrl, token })}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error(`The client ended during "${call}".`);
    return JSON.parse(value);
  };
}
