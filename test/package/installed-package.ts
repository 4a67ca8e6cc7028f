import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The versions that a user's app has, as this checkout tests them. */
const { devDependencies: versions }: { devDependencies: Record<string, string> } = JSON.parse(
  readFileSync('package.json', 'utf8'),
);

/** The programs of this checkout's packages are not on the PATH: no bundler and no compiler. */
const env = {
  HOME: process.env.HOME ?? '',
  PATH: [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
};

/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Node.js in a folder. */
export function node(cwd: string, ...args: string[]): Promise<Ended> {
  return run(cwd, process.execPath, args);
}

/** Runs the CDK command line, as `npx cdk synth` does in an app. */
export function synth(cwd: string): Promise<Ended> {
  return node(cwd, join(process.cwd(), 'node_modules/aws-cdk/bin/cdk'), 'synth', '--quiet');
}

async function run(cwd: string, command: string, args: readonly string[]): Promise<Ended> {
  try {
    return { code: 0, ...(await execute(command, args, { cwd, env })) };
  } catch (error) {
    return error as Ended;
  }
}

/**
 * Builds and packs this package, and installs it into an app that `cdk init` makes, without its optional packages and
 * without the app's tools for unit tests. Needs the npm registry.
 * @returns the folder of the app
 */
export async function installPackage(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'chunkferry-package-'));
  const app = join(folder, 'app');
  await execute(process.execPath, ['packaging/build.ts']);
  await execute('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]);
  const [tarball = ''] = readdirSync(folder);
  await initApp(app);
  const file = join(app, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  for (const name of ['jest', '@swc/core', '@swc/jest', 'aws-cdk'])
    delete manifest.devDependencies[name];
  Object.assign(manifest.dependencies, {
    chunkferry: `file:../${tarball}`,
    'aws-cdk-lib': versions['aws-cdk-lib'],
    constructs: versions.constructs,
  });
  Object.assign(manifest.devDependencies, compilers());
  writeFileSync(file, JSON.stringify(manifest));
  const quiet = ['--no-audit', '--no-fund', '--omit=optional', '--prefer-offline', '--silent'];
  await execute('npm', ['install', ...quiet], { cwd: app });
  return app;
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
  const cdk = join(process.cwd(), 'node_modules/aws-cdk/bin/cdk');
  const { code, stderr } = await run(app, process.execPath, [cdk, ...args]);
  if (code !== 0) throw new Error(`cdk init failed: ${stderr}`);
}
