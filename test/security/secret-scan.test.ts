import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

/** One file for each kind of secret, put together here: the scan reads this file too. */
const secrets: Readonly<Record<string, string>> = {
  'aws-id.txt': ['AKIA', 'IOSFODNN7REALKEY'].join(''),
  'aws-key.txt': `AWS_SECRET_ACCESS_KEY="${'wJalrXUt'.repeat(5)}"`,
  'aws-signature.txt': `https://h/?X-Amz-Signature=${'ab'.repeat(32)}&a`,
  'twelvelabs.txt': `tlk_${'0A1B2C3D'.repeat(3)}`,
  'private-key.txt': [
    ['-----BEGIN', 'RSA PRIVATE KEY-----'].join(' '),
    'a1B2'.repeat(16),
    ['-----END', 'RSA PRIVATE KEY-----'].join(' '),
  ].join('\n'),
  'github.txt': `ghp_${'a1B2'.repeat(9)}`,
  'npm.txt': `//registry.npmjs.org/:_authToken=npm_${'a1B2'.repeat(9)}`,
  'web-token.txt': ['eyJhbGciOiJIUzI1', 'eyJzdWIiOiIxMjM0', 'SflKxwRJSMeKKF2Q'].join('.'),
};

/** Files that the scan must accept. */
const harmless = { 'example.txt': ['AKIA', 'IOSFODNN7EXAMPLE'].join('') };

it('npm run secrets finds each kind of secret, and accepts the examples of the AWS documentation', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'secret-scan-'));
  try {
    const files = { ...secrets, ...harmless };
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    const report = await scan(directory);
    const found = Object.keys(files).filter((name) => report.includes(name));
    expect(found).toEqual(Object.keys(secrets));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

async function scan(directory: string): Promise<string> {
  const secretlint = resolve('node_modules/secretlint/bin/secretlint.js');
  const config = ['--secretlintrc', resolve('.secretlintrc.json')];
  const call = [secretlint, ...config, '--no-color', join(directory, '*.txt')];
  return run(process.execPath, call).then(
    ({ stdout }) => stdout,
    ({ stdout }) => String(stdout),
  );
}
