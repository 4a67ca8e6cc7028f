import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The fields of a package.json that these tests read. */
interface Manifest {
  readonly devDependencies: Readonly<Record<string, string>>;
}

const own: Manifest = JSON.parse(readFileSync('package.json', 'utf8'));

/** Programs may not find this checkout's tools: no bundler, no compiler, no Docker. */
const env = {
  HOME: process.env.HOME ?? '',
  PATH: [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
};

/** Runs Node.js in a folder and returns its output. */
export async function node(cwd: string, args: readonly string[], more: NodeJS.ProcessEnv = {}) {
  return execute(process.execPath, [...args], { cwd, env: { ...env, ...more } });
}

/**
 * Packs this package, and installs it with npm as a user does, without its optional packages.
 * @returns the folder with `node_modules`. Apps in folders of it use the installed packages
 */
export async function installPackage(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'chunkferry-apps-'));
  await execute('npm', ['pack', '--silent', '--pack-destination', folder]);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  const { devDependencies: versions } = own;
  const dependencies = {
    chunkferry: `file:${tarball}`,
    'aws-cdk-lib': versions['aws-cdk-lib'],
    constructs: versions.constructs,
    ...(await initializedApp(join(folder, 'common'))).devDependencies,
  };
  const packages = [
    '@types/node',
    'ts-node',
    'typescript',
    ...Object.keys(dependencies).slice(0, 3),
  ];
  const wanted = Object.entries(dependencies).filter(([name]) => packages.includes(name));
  const manifest = { name: 'apps', private: true, dependencies: Object.fromEntries(wanted) };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const quiet = ['--no-audit', '--no-fund', '--omit=optional', '--prefer-offline', '--silent'];
  await execute('npm', ['install', ...quiet], { cwd: folder, maxBuffer: 10_000_000 });
  return folder;
}

/** Creates the app that `cdk init` creates: CommonJS, in TypeScript. Returns its package.json. */
async function initializedApp(folder: string): Promise<Manifest> {
  mkdirSync(folder);
  const cdk = join(process.cwd(), 'node_modules/aws-cdk/bin/cdk');
  const args = ['init', 'app', '--language', 'typescript', '--generate-only'];
  await node(folder, [cdk, ...args], { CDK_DISABLE_CLI_TELEMETRY: 'true', CI: 'true' });
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** Writes an app of ES modules. */
export function esmApp(folder: string, text: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  cpSync(join(folder, '../common/tsconfig.json'), join(folder, 'tsconfig.json'));
  writeFileSync(join(folder, 'app.ts'), text);
}
