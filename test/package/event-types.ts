import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { node } from '../../packaging/installed-app.ts';

/** The last major version of TypeScript with `moduleResolution: node10`. */
const olderTypeScript = '5.9.3';

/** Uses the types of the export: the last line is no event type, so the compiler must reject it. */
const usage = `
export const parse = (text: unknown): TransferEvent => transferEventSchema.parse(text);
export const ready: TransferEvent['detail-type'] = 'Transfer Ready';
// @ts-expect-error: no such event
export const wrong: TransferEvent['detail-type'] = 'Transfer Lost';
console.log(ready, transferInputSchema.safeParse({ bucket: 'my-films', key: 'a.mp4' }).success);
`;

const names = 'transferEventSchema, transferInputSchema';

const statically = `import { type TransferEvent, ${names} } from 'chunkferry/events';\n${usage}`;

/** How a CommonJS file loads an ES module where the compiler allows no other way. */
const dynamically = `
type TransferEvent = import('chunkferry/events', { with: { 'resolution-mode': 'import' } }).TransferEvent;
export async function main() {
  const { ${names} } = await import('chunkferry/events');
  ${usage.replaceAll('export const', 'const')}
  return [parse, wrong];
}
void main();
`;

interface Case {
  readonly resolution: string;
  /** The `type` of the package. */
  readonly kind: 'commonjs' | 'module';
  readonly module: string;
  readonly code: string;
  readonly isOlder?: boolean;
}

const cases: readonly Case[] = [
  { resolution: 'node10', kind: 'commonjs', module: 'commonjs', code: statically, isOlder: true },
  { resolution: 'node10', kind: 'module', module: 'es2022', code: statically, isOlder: true },
  { resolution: 'node16', kind: 'commonjs', module: 'node16', code: dynamically },
  { resolution: 'node16', kind: 'module', module: 'node16', code: statically },
  { resolution: 'nodenext', kind: 'commonjs', module: 'nodenext', code: statically },
  { resolution: 'nodenext', kind: 'module', module: 'nodenext', code: statically },
  { resolution: 'bundler', kind: 'commonjs', module: 'commonjs', code: statically },
  { resolution: 'bundler', kind: 'module', module: 'es2022', code: statically },
];

/** Describes `chunkferry/events` under each way in which TypeScript resolves modules. */
export function describeEventTypes(appFolder: () => string): void {
  describe('chunkferry/events', () => {
    let older: string;

    beforeAll(async () => {
      older = join(dirname(appFolder()), 'older-typescript');
      mkdirSync(older);
      const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--silent'];
      await promisify(execFile)('npm', [...args, `typescript@${olderTypeScript}`], { cwd: older });
    }, 300_000);

    it.each(cases)(
      'has its types and runs with moduleResolution $resolution in a $kind package',
      async ({ resolution, kind, module, code, isOlder }) => {
        const folder = appWith(appFolder(), `events-${resolution}-${kind}`, kind, code);
        const owner = isOlder ? older : appFolder();
        const tsc = join(owner, 'node_modules/typescript/bin/tsc');
        const options = ['--moduleResolution', resolution, '--module', module];
        const strict = ['--strict', '--target', 'es2022', '--types', 'node', '--skipLibCheck'];
        const compiled = await node(folder, tsc, ...options, ...strict, 'main.ts');
        expect(compiled).toMatchObject({ code: 0, stdout: '' });
        expect((await node(folder, 'main.js')).stdout).toBe('Transfer Ready true\n');
      },
      120_000,
    );
  });
}

/** Makes a package with the dependencies of the app, and one file. */
function appWith(app: string, name: string, type: string, code: string): string {
  const folder = join(dirname(app), name);
  mkdirSync(folder);
  symlinkSync(join(app, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }));
  writeFileSync(join(folder, 'main.ts'), code);
  return folder;
}
