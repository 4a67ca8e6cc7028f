import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type Python, preparePython } from '../python/virtual-environment.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Returns the Python with django-chunked-upload, or the reason why there is none. */
export function findDjango(): Promise<Python> {
  return preparePython({ name: 'django', list: join(here, 'requirements.txt'), minor: 10 });
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
