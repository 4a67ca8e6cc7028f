import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleFunctions } from './bundle-functions.ts';
import { compiledSpecifiers } from './compiled-specifiers.ts';

/** `npm run build`: writes the compiled files and the functions' bundles into `dist/`. */

const root = fileURLToPath(new URL('../', import.meta.url));
const dist = `${root}dist`;

/** Files that the compiled code reads at run time, and that the compiler does not copy. */
const dataFiles = [
  'local/media/sample.mp4',
  'local/state-machine/definition/deployed-definition.json',
];

rmSync(dist, { recursive: true, force: true });
execFileSync(`${root}node_modules/.bin/tsc`, ['-p', `${root}tsconfig.build.json`], {
  stdio: 'inherit',
});
compiledSpecifiers(dist);
for (const file of dataFiles) cpSync(`${root}${file}`, `${dist}/${file}`);
bundleFunctions(dist);
