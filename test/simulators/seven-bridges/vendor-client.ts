import { execFile as execFileByCallback, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import type { SevenBridgesSimulator } from '#local/simulators/seven-bridges/server.ts';

const execFile = promisify(execFileByCallback);

const here = fileURLToPath(new URL('.', import.meta.url));
const cache = fileURLToPath(new URL('../../../node_modules/.cache', import.meta.url));

/** The Python with the vendor's client, or the reason why there is none. */
export type Python = { readonly program: string } | { readonly missing: string };

const installMs = 300_000;

const needed = 'import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 9) else 1)';

/** Creates the virtual environment of `requirements.txt` in the cache, or reuses that of an earlier run. */
export async function findPython(): Promise<Python> {
  const hasPython = await execFile('python3', ['-c', needed]).then(
    () => true,
    () => false,
  );
  if (!hasPython) return { missing: 'Python 3.9 or newer with its venv module is not installed' };
  const list = join(here, 'requirements.txt');
  const digest = createHash('sha256')
    .update(await readFile(list))
    .digest('hex')
    .slice(0, 12);
  const home = join(cache, `sevenbridges-${digest}`);
  const program = join(home, 'bin', 'python');
  const isComplete = await access(join(home, 'complete')).then(
    () => true,
    () => false,
  );
  if (isComplete) return { program };
  return install(home, program, list);
}

async function install(home: string, program: string, list: string): Promise<Python> {
  try {
    await rm(home, { recursive: true, force: true });
    await mkdir(cache, { recursive: true });
    await execFile('python3', ['-m', 'venv', home], { timeout: installMs });
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check'];
    // The list has every package with its dependencies, so pip chooses no versions.
    await execFile(program, [...pip, '--no-deps', '--requirement', list], { timeout: installMs });
    await writeFile(join(home, 'complete'), '');
    return { program };
  } catch (error) {
    const last =
      String((error as Error).message)
        .trim()
        .split('\n')
        .at(-1) ?? '';
    const reason = last.replaceAll(/https?:\/\/\S+/g, 'the registry');
    return { missing: `the installation of requirements.txt failed: ${reason}` };
  }
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
