import { execFile, spawnSync } from 'node:child_process';
import { access, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A program that the bench builds from the Go module proxy: the module's version and its main package. */
interface GoTool {
  readonly package: string;
  readonly version: string;
}

const tools = {
  versitygw: { package: 'github.com/versity/versitygw/cmd/versitygw', version: 'v1.8.0' },
  rclone: { package: 'github.com/rclone/rclone', version: 'latest' },
} as const satisfies Readonly<Record<string, GoTool>>;

export type GoToolName = keyof typeof tools;

/** The path of a program, or why this machine does not have it. */
export type FoundTool = { readonly path: string } | { readonly missing: string };

/** The environment variable with the folder of the built programs. */
export const toolsVariable = 'CHUNKFERRY_BENCH_TOOLS';

/** A build of rclone takes some minutes on two cores. */
const buildMs = 20 * 60_000;

/** Returns the folder of the built programs, outside this tree. */
export function toolsFolder(option?: string): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return option ?? (process.env[toolsVariable] || join(cache, 'chunkferry-bench'));
}

/** Returns a program from the folder. Builds it first if it is absent, with the Go toolchain of this machine. */
export async function findTool(
  name: GoToolName,
  folder: string,
  print: (line: string) => void,
): Promise<FoundTool> {
  const path = join(folder, 'bin', name);
  if (await exists(path)) return { path };
  if (spawnSync('go', ['version']).status !== 0) return { missing: `${name} needs Go to be built` };
  print(`Building ${name} into ${folder}. This takes minutes, once.`);
  try {
    await build(tools[name], folder);
  } catch (error) {
    return { missing: `${name} could not be built: ${lastLineOf(error)}` };
  }
  return { path };
}

/** Builds at a low priority. The toolchain of a newer Go is not downloaded. */
async function build({ package: main, version }: GoTool, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const environment = { GOBIN: join(folder, 'bin'), GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
  await run('nice', ['go', 'install', `${main}@${version}`], {
    env: { ...process.env, ...environment },
    cwd: folder,
    timeout: buildMs,
  });
}

function lastLineOf(error: unknown): string {
  const { stderr = '' } = error as { stderr?: string };
  return stderr.trim().split('\n').at(-1) || String(error).slice(0, 200);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
