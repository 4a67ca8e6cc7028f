import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type BundleDescription,
  bundledStart,
  bundleFolder,
  descriptionFile,
  stampOf,
} from '#cli/program-bundle.ts';

const execute = promisify(execFile);

const source = 'cli/start.ts';
const bundled = `${bundleFolder}build-1/start.mjs`;

/** A checkout whose sources and whose bundle print which of them runs. */
let checkout: string;

beforeEach(() => {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'program-bundle-'));
  checkout = `${folder}/checkout/`;
  write('package.json', '{ "type": "module" }');
  write(source, `console.log('sources');`);
  write(bundled, `console.log('bundle');`);
  describeBundle();
});
afterEach(() => rmSync(dirname(checkout), { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(checkout + file), { recursive: true });
  writeFileSync(checkout + file, text);
}

function describeBundle(): void {
  const files = [source, bundled].map((file) => stampOf(file, checkout));
  const bundle: BundleDescription = { root: checkout, start: bundled, files };
  write(bundleFolder + descriptionFile, JSON.stringify(bundle));
}

const start = () => bundledStart(bundleFolder, checkout);

/** Changes a file, and sets its time back. */
function changeWithTime(file: string, text: string): void {
  const { atime, mtime } = statSync(checkout + file);
  write(file, text);
  utimesSync(checkout + file, atime, mtime);
}

describe('the bundle of the program', () => {
  it('is used if all files that it was made of are as they were', () => {
    expect(start()).toBe(new URL(bundled, `file://${checkout}`).href);
  });

  it.each([
    ['a source has other text of the same size', () => write(source, `console.log('changed');`)],
    [
      'a source has its text again, at another time',
      () => write(source, `console.log('sources');`),
    ],
    ['a source has another size, and its time', () => changeWithTime(source, 'export {};')],
    ['a source is older', () => utimesSync(checkout + source, 1, 1)],
    ['a source is missing', () => rmSync(checkout + source)],
    ['a file of the bundle is missing', () => rmSync(checkout + bundled)],
    ['a file of the bundle was cut off', () => changeWithTime(bundled, '')],
    [
      'the folder of a source is a file',
      () => {
        rmSync(join(checkout, 'cli'), { recursive: true });
        write('cli', '');
      },
    ],
    ['there is no bundle', () => rmSync(checkout + bundleFolder, { recursive: true })],
    ['its description was cut off', () => write(bundleFolder + descriptionFile, '{"root":')],
  ])('is not used if %s', (_, change) => {
    change();
    expect(start()).toBeUndefined();
  });

  it('is not used in a copy of the checkout, and not after a move', () => {
    const first = checkout;
    checkout = `${dirname(first)}/copy/`;
    cpSync(first, checkout, { recursive: true, preserveTimestamps: true });
    expect(start()).toBeUndefined();
    rmSync(checkout, { recursive: true });
    renameSync(first, checkout);
    expect(start()).toBeUndefined();
  });
});

describe('the entry of the program', () => {
  async function run(): Promise<string> {
    for (const file of ['cli/main.js', 'cli/program-bundle.ts']) cpSync(file, checkout + file);
    return (await execute(process.execPath, [`${checkout}cli/main.js`])).stdout;
  }

  it('runs the bundle, and the sources once one of them has changed', async () => {
    expect(await run()).toBe('bundle\n');
    write(source, `console.log('changed');`);
    expect(await run()).toBe('changed\n');
  });
});

it('npm ci does not fail where the program cannot be bundled', async () => {
  // As with `npm ci --omit=dev`: the bundler is missing.
  cpSync('packaging/prepare.js', `${checkout}packaging/prepare.js`);
  const { stdout, stderr } = await execute(process.execPath, [`${checkout}packaging/prepare.js`]);
  expect([stdout, stderr.trim().split('\n')]).toEqual([
    '',
    [expect.stringContaining('The program was not bundled, and starts slower: ')],
  ]);
});
