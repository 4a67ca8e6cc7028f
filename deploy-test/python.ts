import { createHash } from 'node:crypto';
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Paths } from './paths.ts';
import type { Processes, Start } from './processes.ts';

/** A Python with the pinned packages, or the reason why it is not available. */
export type Python = { readonly bin: string } | { readonly missing: string };

const versionMs = 20_000;
const installMs = 600_000;

const needed = 'import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 10) else 1)';

/**
 * Creates the virtual environment in the cache, or reuses that of an earlier run. The packages come from
 * pip's configured registry.
 */
export async function preparePython(processes: Processes, paths: Paths): Promise<Python> {
  const start = { cwd: paths.root, env: process.env };
  const python = await findPython(processes, start);
  if (!python) return { missing: 'Python 3.10 or newer with its venv module is not installed' };
  if (!(await runs(processes, start, 'jq', ['--version'])))
    return { missing: 'jq is not installed, and lines of the pages use it' };
  const list = join(paths.root, 'deploy-test', 'requirements.txt');
  const digest = createHash('sha256')
    .update(await readFile(list))
    .digest('hex')
    .slice(0, 12);
  const home = join(paths.cache, `python-${digest}`);
  const bin = join(home, 'bin');
  if (await exists(join(home, 'complete'))) return { bin };
  try {
    await install(processes, start, python, home, list);
    return { bin };
  } catch (error) {
    return {
      missing: `the installation of deploy-test/requirements.txt failed: ${reasonOf(error)}`,
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
  return processes.run(program, args, start, versionMs).then(
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
  // The list has every package with its dependencies, so pip chooses no versions.
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

/** Returns the last line of pip's output, without the URL of the registry. */
function reasonOf(error: unknown): string {
  const last =
    String((error as Error).message)
      .trim()
      .split('\n')
      .at(-1) ?? '';
  return last.replaceAll(/https?:\/\/\S+/g, 'the registry');
}
