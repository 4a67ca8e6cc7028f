import { execFile, spawnSync } from 'node:child_process';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A program that the bench builds from the Go module proxy. */
interface GoTool {
  readonly module: string;
  readonly version: string;
  /** The main package's path in the module. */
  readonly path?: string;
  /** The text of a main package that the module does not have: only the parts that the bench uses. */
  readonly source?: string;
}

/** The command `copyto` and the backends `s3` and `local`. All backends take an hour to compile on two cores. */
const rcloneSource = `package main

import (
\t_ "github.com/rclone/rclone/backend/local"
\t_ "github.com/rclone/rclone/backend/s3"
\t"github.com/rclone/rclone/cmd"
\t_ "github.com/rclone/rclone/cmd/copyto"
)

func main() { cmd.Main() }
`;

const tools = {
  versitygw: { module: 'github.com/versity/versitygw', version: 'v1.8.0', path: 'cmd/versitygw' },
  rclone: { module: 'github.com/rclone/rclone', version: 'v1.76.0', source: rcloneSource },
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
    await build(name, tools[name], folder);
  } catch (error) {
    return { missing: `${name} could not be built: ${lastLineOf(error)}` };
  }
  return { path };
}

async function build(name: GoToolName, tool: GoTool, folder: string): Promise<void> {
  const { module, version, path, source } = tool;
  await mkdir(folder, { recursive: true });
  if (!source) return go(folder, folder, ['install', `${module}/${path}@${version}`]);
  const cwd = join(folder, 'src', name);
  await mkdir(cwd, { recursive: true });
  await writeFile(join(cwd, 'main.go'), source);
  await writeFile(join(cwd, 'go.mod'), `module ${name}\n\ngo 1.24\n`);
  await go(folder, cwd, ['get', `${module}@${version}`]);
  await go(folder, cwd, ['install', '-mod=mod', '.']);
}

/** Runs Go at a low priority. The toolchain of a newer Go is not downloaded. */
async function go(folder: string, cwd: string, command: readonly string[]): Promise<void> {
  const environment = { GOBIN: join(folder, 'bin'), GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
  await run('nice', ['go', ...command], {
    env: { ...process.env, ...environment },
    cwd,
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
