import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareApi } from './compare-api.ts';
import { compile, root } from './compile.ts';

/**
 * `npm run check:package`: packs the compiled files without the functions' bundles, which take longer,
 * and checks what the package exports. `--write` writes the API report and API.md, which are compared.
 */

const write = process.argv.includes('--write');
const folder = mkdtempSync(join(tmpdir(), 'chunkferry-package-'));
try {
  compile();
  run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]);
  const [tarball = ''] = readdirSync(folder);
  const path = join(folder, tarball);
  run('publint', ['--strict', path]);
  // The package has ES modules only. CommonJS of Node 22.12 requires them.
  run('attw', ['--profile', 'esm-only', '--format', 'ascii', '--quiet', path]);
  process.exitCode = compareApi({ write }) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run(command: string, args: readonly string[]): void {
  const tool = command === 'npm' ? command : `${root}node_modules/.bin/${command}`;
  execFileSync(tool, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
}
