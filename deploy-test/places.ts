import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where things are. */
export interface Places {
  /** The repository. */
  readonly root: string;
  /** Kept from run to run and ignored by git: the Python packages, the last run's log. */
  readonly cache: string;
  /** Of this run only. */
  readonly scratch: string;
}

/** Makes the folders that are not there yet. */
export async function openPlaces(): Promise<Places> {
  const root = fileURLToPath(new URL('../', import.meta.url));
  const cache = join(root, '.deploy-test');
  await mkdir(cache, { recursive: true });
  return { root, cache, scratch: await mkdtemp(join(tmpdir(), 'chunkferry-deploy-')) };
}

export async function closePlaces({ scratch }: Places): Promise<void> {
  await rm(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/**
 * The environment of every process that believes it speaks to AWS: nothing of the person's own
 * configuration, credentials or proxies, and this repository's Node.js first on the path.
 */
export function bareEnvironment({ root, scratch }: Places): Record<string, string> {
  return {
    PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`,
    HOME: scratch,
    TMPDIR: scratch,
    LANG: 'C.UTF-8',
  };
}
