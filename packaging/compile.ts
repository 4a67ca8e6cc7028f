import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compiledSpecifiers } from './compiled-specifiers.ts';

/** The root of the checkout, with a slash at its end. */
export const root = fileURLToPath(new URL('../', import.meta.url));

/** The folder of the compiled files. */
export const dist = `${root}dist`;

/** Files that the compiler does not copy: the entry of the program, and what the compiled code reads. */
const copiedFiles = [
  'cli/main.js',
  'local/media/sample.mp4',
  'local/state-machine/definition/deployed-definition.json',
];

/** Writes the compiled files and their declarations into an empty `dist/`. */
export function compile(): void {
  rmSync(dist, { recursive: true, force: true });
  const project = `${root}tsconfig.build.json`;
  execFileSync(`${root}node_modules/.bin/tsc`, ['-p', project], { stdio: 'inherit' });
  for (const file of copiedFiles) cpSync(`${root}${file}`, `${dist}/${file}`);
  compiledSpecifiers(dist);
}
