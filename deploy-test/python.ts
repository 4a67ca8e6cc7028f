import { createHash } from 'node:crypto';
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Places } from './places.ts';
import type { Processes, Start } from './processes.ts';

/** A Python with the pinned packages, or what this machine lacks. */
export type Python = { readonly bin: string } | { readonly missing: string };

const askMs = 20_000;
const installMs = 600_000;

const needed = 'import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 10) else 1)';

/**
 * Makes the virtual environment in the cache, or finds it there from an earlier run. The packages come
 * from whatever registry pip is set up with.
 */
export async function preparePython(processes: Processes, places: Places): Promise<Python> {
  const start = { cwd: places.root, env: process.env };
  const python = await findPython(processes, start);
  if (!python)
    return { missing: 'Python 3.10 or newer with its venv module is not on this machine' };
  if (!(await runs(processes, start, 'jq', ['--version'])))
    return { missing: 'jq, which lines of the README call, is not on this machine' };
  const list = join(places.root, 'deploy-test', 'requirements.txt');
  const digest = createHash('sha256')
    .update(await readFile(list))
    .digest('hex')
    .slice(0, 12);
  const home = join(places.cache, `python-${digest}`);
  const bin = join(home, 'bin');
  if (await exists(join(home, 'complete'))) return { bin };
  try {
    await install(processes, start, python, home, list);
    return { bin };
  } catch (error) {
    return {
      missing: `the packages of deploy-test/requirements.txt can't be had. ${reason(error)}`,
    };
  }
}

async function findPython(processes: Processes, start: Start): Promise<string | undefined> {
  for (const name of ['python3', 'python']) {
    if (await runs(processes, start, name, ['-c', needed])) return name;
  }
  return undefined;
}

function runs(
  processes: Processes,
  start: Start,
  program: string,
  args: readonly string[],
): Promise<boolean> {
  return processes.run(program, args, start, askMs).then(
    () => true,
    () => false,
  );
}

async function install(
  processes: Processes,
  start: Start,
  python: string,
  home: string,
  list: string,
): Promise<void> {
  await rm(home, { recursive: true, force: true });
  await processes.run(python, ['-m', 'venv', home], start, installMs);
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check'];
  // The list names every package that any of them needs: nothing is chosen at install time.
  const args = [...pip, '--no-deps', '--requirement', list];
  await processes.run(join(home, 'bin', 'python'), args, start, installMs);
  await writeFile(join(home, 'complete'), '');
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The last line only: pip says much before it, and names the registry there. */
function reason(error: unknown): string {
  const last =
    String((error as Error).message)
      .trim()
      .split('\n')
      .at(-1) ?? '';
  return last.replaceAll(/https?:\/\/\S+/g, 'the registry');
}
