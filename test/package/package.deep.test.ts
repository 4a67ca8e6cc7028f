import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installPackage, node } from './installed-package.ts';

/** A stack of a user, with a bucket of its own. Prints the types of its resources and its assets. */
const stack = `
const app = new cdk.App({ outdir: 'cdk.out' });
const stack = new cdk.Stack(app, 'Media', { env: { account: '111122223333', region: 'eu-west-1' } });
const bucket = new s3.Bucket(stack, 'Films', { bucketName: 'my-films', eventBridgeEnabled: true });
const chunkferry = new Chunkferry(stack, 'Chunkferry', { maxActiveTransfers: 20 });
chunkferry.addSource({ bucket, suffixes: ['.mp4'] });
const { Resources } = app.synth().getStackByName('Media').template;
if (!transferOutputSchema.safeParse({ status: 'unknown' }).error) throw new Error('accepted');
console.log(JSON.stringify(Object.values(Resources).map(({ Type }) => Type)));
`;

const modules = [
  ['cdk', 'aws-cdk-lib'],
  ['s3', 'aws-cdk-lib/aws-s3'],
  ['{ Chunkferry }', 'chunkferry'],
  ['{ transferOutputSchema }', 'chunkferry/events'],
] as const;

let app: string;

beforeAll(async () => {
  app = await installPackage();
}, 600_000);
// On a busy disk, the removal of tens of thousands of files takes minutes.
afterAll(() => rmSync(dirname(app), { recursive: true, force: true }), 600_000);

describe('the installed package', () => {
  it.each([
    [
      'a CommonJS app',
      'app.cjs',
      (name: string, from: string) => `const ${name} = require('${from}');`,
    ],
    [
      'an app of ES modules',
      'app.mjs',
      (name: string, from: string) =>
        `import ${name.startsWith('{') ? name : `* as ${name}`} from '${from}';`,
    ],
  ])('synthesizes a Chunkferry in %s', async (_, file, load) => {
    writeFileSync(
      join(app, file),
      modules.map(([name, from]) => load(name, from)).join('\n') + stack,
    );
    const { code, stdout, stderr } = await node(app, file);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('Error')]);
    const types = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    expect(types).toContain('AWS::StepFunctions::StateMachine');
    const functions = types.filter((type: string) => type === 'AWS::Lambda::Function');
    const bundles = readdirSync(join(app, 'cdk.out')).filter((name) =>
      existsSync(join(app, 'cdk.out', name, 'index.mjs')),
    );
    expect(bundles).toHaveLength(9);
    expect(functions.length).toBeGreaterThanOrEqual(bundles.length);
  });

  it('has no TypeScript source, and brings no bundler', () => {
    const files = readdirSync(join(app, 'node_modules/chunkferry'), {
      recursive: true,
      encoding: 'utf8',
    });
    expect(files.filter((file) => /(?<!\.d)\.ts$/.test(file))).toEqual([]);
    expect(existsSync(join(app, 'node_modules/esbuild'))).toBe(false);
  });

  it('has a program, which names an optional package that is missing', async () => {
    const program = 'node_modules/chunkferry/dist/cli/main.js';
    expect((await node(app, program, 'version')).stdout).toMatch(/^chunkferry \d+\.\d+\.\d+, Node/);
    const call = ['export', '--out', 'exported', '--source-bucket', 'my-films'];
    expect((await node(app, program, ...call)).code).toBe(0);
    expect(readdirSync(join(app, 'exported/functions'))).toHaveLength(9);
    const { code, stderr } = await node(app, program, 'deploy', '--source-bucket', 'my-films');
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('Run npm install @aws-cdk/toolkit-lib@'),
    ]);
  });
});
