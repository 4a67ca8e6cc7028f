import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';

const entry = readFileSync('cli/main.js', 'utf8');
const { engines } = JSON.parse(readFileSync('package.json', 'utf8'));

it('the entry of the program needs the Node.js of engines, and ends with the exit code "version"', () => {
  const [, needed] = /needed = '([^']+)'/.exec(entry) ?? [];
  const [, code] = /wrongVersion = (\d+)/.exec(entry) ?? [];
  expect([`>=${needed}`, Number(code)]).toEqual([engines.node, exitCodes.version]);
});

it('an older Node.js prints one line and no stack trace', () => {
  // The entry reads the version before it loads anything.
  const older = `Object.defineProperty(process.versions, 'node', { value: '22.18.9' });`;
  const code = `${older} await import('./cli/main.js'); console.log(process.exitCode);`;
  const args = ['--input-type=module', '-e', `${code} process.exitCode = 0;`];
  const output = execFileSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  expect(output.toString()).toBe(`${exitCodes.version}\n`);
});
