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
export async function node(cwd: string, ...args: string[]): Promise<Ended> {
  try {
    return { code: 0, ...(await execute(process.execPath, args, { cwd, env })) };
  } catch (error) {
    return error as Ended;
  }
}

/**
 * Builds and packs this package, and installs it into an app with `aws-cdk-lib`, without its optional
 * packages. Needs the npm registry.
 * @returns the folder of the app
 */
export async function installPackage(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'chunkferry-package-'));
  const app = join(folder, 'app');
  await execute(process.execPath, ['packaging/build.ts']);
  await execute('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]);
  const [tarball = ''] = readdirSync(folder);
  mkdirSync(app);
  const dependencies = {
    chunkferry: `file:../${tarball}`,
    'aws-cdk-lib': versions['aws-cdk-lib'],
    constructs: versions.constructs,
  };
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', dependencies }));
  const quiet = ['--no-audit', '--no-fund', '--omit=optional', '--prefer-offline', '--silent'];
  await execute('npm', ['install', ...quiet], { cwd: app });
  return app;
}
