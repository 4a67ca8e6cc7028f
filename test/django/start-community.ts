import { execFile as execFileByCallback, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const execFile = promisify(execFileByCallback);

const here = fileURLToPath(new URL('.', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));

/** The Python with django-chunked-upload, or the reason why there is none. */
export type Python = { readonly program: string } | { readonly missing: string };

const installMs = 300_000;

const needed = 'import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 10) else 1)';

/** Creates the virtual environment of `requirements.txt` in the cache, or reuses that of an earlier run. */
export async function findDjango(): Promise<Python> {
  if (!(await succeeds(execFile('python3', ['-c', needed]))))
    return { missing: 'Python 3.10 or newer with its venv module is not installed' };
  const list = join(here, 'requirements.txt');
  const digest = createHash('sha256').update(await readFile(list));
  const home = join(cache, `django-${digest.digest('hex').slice(0, 12)}`);
  const program = join(home, 'bin', 'python');
  if (await succeeds(access(join(home, 'complete')))) return { program };
  return install(home, program, list);
}

async function succeeds(action: Promise<unknown>): Promise<boolean> {
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

/** A media as the project keeps it. */
export interface StoredMedia {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly size: number;
  readonly sha256: string;
}

/** A running project. */
export interface Community {
  readonly token: string;
  /** The base URL of the library's views, or of the documented ones. */
  baseUrl(mode: 'documented' | 'library'): string;
  /** The media, and the number of uploads, finished or not. */
  judge(): Promise<{ readonly media: readonly StoredMedia[]; readonly uploads: number }>;
}

/** Starts the project on a free port of loopback. It ends with the test. */
export async function startCommunity(
  program: string,
  { uploadSeconds = 86_400 }: { readonly uploadSeconds?: number } = {},
): Promise<Community> {
  const token = 'a-token-of-the-judge';
  const child = spawn(program, [join(here, 'community.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      PYTHONDONTWRITEBYTECODE: '1',
      COMMUNITY_TOKEN: token,
      COMMUNITY_UPLOAD_SECONDS: String(uploadSeconds),
    },
  });
  onTestFinished(() => void child.stdin.end());
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value } = await lines.next();
  const { port } = JSON.parse(value ?? '{}') as { port: number };
  const origin = `http://127.0.0.1:${port}`;
  return {
    token,
    baseUrl: (mode) => `${origin}/${mode}/api/v2`,
    judge: async () => (await fetch(`${origin}/judge/`)).json() as ReturnType<Community['judge']>,
  };
}
