import { execFile as execFileByCallback } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execFile = promisify(execFileByCallback);

const cache = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));

/** A Python with the packages of a list, or the reason why there is none. */
export type Python = { readonly program: string } | { readonly missing: string };

export interface PythonNeeds {
  /** The name of the environment in the cache. */
  readonly name: string;
  /** The path of `requirements.txt`. It has every package with its dependencies, so pip chooses no versions. */
  readonly list: string;
  /** The oldest Python 3 that the packages support. */
  readonly minor: number;
}

const installMs = 300_000;

/** Creates the virtual environment in the cache, or reuses that of an earlier run. */
export async function preparePython({ name, list, minor }: PythonNeeds): Promise<Python> {
  const needed = `import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, ${minor}) else 1)`;
  if (!(await succeeds(execFile('python3', ['-c', needed]))))
    return { missing: `Python 3.${minor} or newer with its venv module is not installed` };
  const digest = createHash('sha256').update(await readFile(list));
  const home = join(cache, `${name}-${digest.digest('hex').slice(0, 12)}`);
  const program = join(home, 'bin', 'python');
  if (await succeeds(access(join(home, 'complete')))) return { program };
  return install(home, program, list);
}

function succeeds(action: Promise<unknown>): Promise<boolean> {
  return action.then(
    () => true,
    () => false,
  );
}

async function install(home: string, program: string, list: string): Promise<Python> {
  try {
    await rm(home, { recursive: true, force: true });
    await mkdir(cache, { recursive: true });
    await execFile('python3', ['-m', 'venv', home], { timeout: installMs });
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check'];
    await execFile(program, [...pip, '--no-deps', '--requirement', list], { timeout: installMs });
    await writeFile(join(home, 'complete'), '');
    return { program };
  } catch (error) {
    return { missing: `the installation of requirements.txt failed: ${lastLineOf(error)}` };
  }
}

/** Returns the last line of pip's output, without the URL of the registry. */
function lastLineOf(error: unknown): string {
  const lines = String((error as Error).message)
    .trim()
    .split('\n');
  return (lines.at(-1) ?? '').replaceAll(/https?:\/\/\S+/g, 'the registry');
}
