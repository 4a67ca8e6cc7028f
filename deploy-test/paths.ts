import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folders of the deployment test. */
export interface Paths {
  /** The repository. */
  readonly root: string;
  /** Persistent and ignored by git: the Python packages and the log of the last run. */
  readonly cache: string;
  /** Temporary folder of this run. */
  readonly scratch: string;
}

/** Creates the missing folders. */
export async function createPaths(): Promise<Paths> {
  const root = fileURLToPath(new URL('../', import.meta.url));
  const cache = join(root, '.deploy-test');
  await mkdir(cache, { recursive: true });
  return { root, cache, scratch: await mkdtemp(join(tmpdir(), 'chunkferry-deploy-')) };
}

export async function removeScratch({ scratch }: Paths): Promise<void> {
  await rm(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/**
 * Returns the environment of processes that call the emulator as AWS. It has none of the user's
 * configuration, credentials or proxies, and this repository's Node.js first on the path.
 */
export function bareEnvironment({ root, scratch }: Paths): Record<string, string> {
  return {
    PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`,
    HOME: scratch,
    TMPDIR: scratch,
    LANG: 'C.UTF-8',
  };
}
