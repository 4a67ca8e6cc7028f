import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { destinations } from '#src/destinations/registry.ts';

const run = promisify(execFile);

/** What the package holds, and what compiles it. */
const product = ['src', 'functions', 'infra', 'local', 'cli', 'package.json', 'cdk.json'].concat([
  'tsconfig.json',
  'tsconfig.build.json',
]);

let copy: string;

beforeEach(async () => {
  copy = await mkdtemp(join(tmpdir(), 'without-destination-'));
  for (const name of product) await cp(name, join(copy, name), { recursive: true });
  await symlink(resolve('node_modules'), join(copy, 'node_modules'));
});

afterEach(() => rm(copy, { recursive: true }));

/** Deletes the folder of a destination, and its place in the registry. */
async function removeDestination(kind: string): Promise<void> {
  const registry = join(copy, 'src/destinations/registry.ts');
  const text = await readFile(registry, 'utf8');
  const [line = '', name = ''] =
    new RegExp(`^import \\{ (\\w+) \\} from '\\./${kind}/definition\\.ts';\n`, 'm').exec(text) ??
    [];
  expect(name).not.toBe('');
  const rest = text.replace(line, '').replace(new RegExp(`${name}, |, ${name}`), '');
  expect(rest).not.toContain(name);
  await writeFile(registry, rest);
  await rm(join(copy, 'src/destinations', kind), { recursive: true });
}

it.each(destinations.map(({ kind }) => kind))(
  'the product compiles without %s: its folder and its place in the registry are all that goes',
  async (kind) => {
    await removeDestination(kind);
    const args = ['tsc', '-p', 'tsconfig.build.json', '--noEmit', '--noCheck', 'false'].concat([
      '--declaration',
      'false',
      '--rewriteRelativeImportExtensions',
      'false',
    ]);
    const { stdout } = await run('npx', ['--no-install', ...args], { cwd: copy }).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe('');
  },
);
