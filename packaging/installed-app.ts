import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './compile.ts';

/* Installs this package as a user does: for `test/package` and the deployment test. */

const execute = promisify(execFile);

type Versions = Readonly<Record<string, string>>;

/** The versions that a user's app has, as this checkout tests them. */
const { devDependencies: versions }: { devDependencies: Versions } = JSON.parse(
  readFileSync(`${root}package.json`, 'utf8'),
);

/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a program is run. */
export interface RunOptions {
  readonly cwd: string;
  /** Default: this Node.js. */
  readonly node?: string;
  /** Variables besides HOME and PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs Node.js in a folder. */
export function node(cwd: string, ...args: string[]): Promise<Ended> {
  return run(process.execPath, args, { cwd });
}

/** Runs the CDK command line, as `npx cdk synth` does in an app. */
export function synth(cwd: string): Promise<Ended> {
  return node(cwd, `${root}node_modules/aws-cdk/bin/cdk`, 'synth', '--quiet');
}

/** Runs a program. The programs of this checkout's packages are not on its PATH: no bundler and no compiler. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, node = process.execPath, env = {} }: RunOptions,
): Promise<Ended> {
  const PATH = [dirname(node), '/usr/bin', '/bin'].join(delimiter);
  try {
    const options = { cwd, env: { HOME: process.env.HOME ?? '', PATH, ...env } };
    return { code: 0, ...(await execute(command, args, options)) };
  } catch (error) {
    return error as Ended;
  }
}

/** Makes a folder that the caller removes, with the tarball of this package. */
export async function packTarball(): Promise<{
  readonly folder: string;
  readonly tarball: string;
}> {
  const folder = mkdtempSync(join(tmpdir(), 'chunkferry-package-'));
  const cwd = root;
  await execute(process.execPath, ['packaging/build.ts'], { cwd });
  const args = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await execute('npm', args, { cwd });
  return { folder, tarball: join(folder, stdout.trim()) };
}

/**
 * Installs a tarball into an app that `cdk init` makes, without the package's optional packages and without the app's
 * tools for unit tests. Needs the npm registry.
 * @param app - the folder to make
 * @param more - further packages of the app, in the versions of this checkout
 */
export async function installApp(
  app: string,
  tarball: string,
  more: readonly string[] = [],
): Promise<void> {
  await initApp(app);
  const file = join(app, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  for (const name of ['jest', '@swc/core', '@swc/jest', 'aws-cdk'])
    delete manifest.devDependencies[name];
  for (const name of ['aws-cdk-lib', 'constructs', ...more])
    manifest.dependencies[name] = versions[name];
  manifest.dependencies.chunkferry = `file:${tarball}`;
  Object.assign(manifest.devDependencies, compilers());
  writeFileSync(file, JSON.stringify(manifest));
  const quiet = ['--no-audit', '--no-fund', '--omit=optional', '--prefer-offline', '--silent'];
  await execute('npm', ['install', ...quiet], { cwd: app });
}

/** The app's compilers, with the programs of this platform: they are optional packages too. */
function compilers(): Record<string, string | undefined> {
  const platform = `${process.platform}-${process.arch}`;
  const { typescript, esbuild } = versions;
  return {
    typescript,
    [`@typescript/typescript-${platform}`]: typescript,
    esbuild,
    [`@esbuild/${platform}`]: esbuild,
  };
}

/** Makes an app by the template of the CDK: TypeScript, CommonJS. */
async function initApp(app: string): Promise<void> {
  mkdirSync(app);
  const args = ['init', 'app', '--language', 'typescript', '--generate-only'];
  const { code, stderr } = await node(app, `${root}node_modules/aws-cdk/bin/cdk`, ...args);
  if (code !== 0) throw new Error(`cdk init failed: ${stderr}`);
}
