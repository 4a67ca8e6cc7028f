import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, installApp, node, packTarball, synth } from '../../packaging/installed-app.ts';
import { describeEventTypes } from './event-types.ts';
import { describeInstallPage } from './install-page.ts';

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

/** The stack of an app that `cdk init` makes, with resources of the user. */
const typedStack = `
import * as cdk from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Chunkferry, type ChunkferryProps } from 'chunkferry';
import { type TransferOutput, transferOutputSchema } from 'chunkferry/events';
import type { Construct } from 'constructs';

const props: ChunkferryProps = { maxActiveTransfers: 20 };
export const isOutput = (value: unknown): value is TransferOutput =>
  transferOutputSchema.safeParse(value).success;

export class AppStack extends cdk.Stack {
  constructor(scope: Construct, id: string, stackProps?: cdk.StackProps) {
    super(scope, id, stackProps);
    const bucket = new s3.Bucket(this, 'Films', { eventBridgeEnabled: true });
    new sns.Topic(this, 'Done');
    const chunkferry = new Chunkferry(this, 'Chunkferry', props);
    chunkferry.addSource({ bucket, suffixes: ['.mp4'] });
    new cdk.CfnOutput(this, 'Machine', { value: chunkferry.stateMachine.stateMachineArn });
  }
}
`;

const modules = [
  ['cdk', 'aws-cdk-lib'],
  ['s3', 'aws-cdk-lib/aws-s3'],
  ['{ Chunkferry }', 'chunkferry'],
  ['{ transferOutputSchema }', 'chunkferry/events'],
] as const;

let app: string;
let tarball: string;

beforeAll(async () => {
  const packed = await packTarball();
  tarball = packed.tarball;
  app = join(packed.folder, 'app');
  await installApp(app, tarball);
}, 600_000);
// On a busy disk, the removal of tens of thousands of files takes minutes.
afterAll(() => rmSync(dirname(app), { recursive: true, force: true }), 600_000);

describeEventTypes(() => app);
describeInstallPage(() => tarball);

/** Expects a synthesized stack with the machine, and with all functions from bundles of the package. */
function expectSynthesized(folder: string, { code, stdout, stderr }: Ended): void {
  expect([code, stdout, stderr]).toEqual([0, expect.any(String), expect.any(String)]);
  expect(`${stdout}${stderr}`).not.toMatch(/Error|Bundling asset/);
  const template = readFileSync(join(folder, 'cdk.out/AppStack.template.json'), 'utf8');
  expect(template).toContain('AWS::StepFunctions::StateMachine');
  expect(template).toContain('AWS::SNS::Topic');
  expect(bundlesIn(folder)).toHaveLength(9);
}

function bundlesIn(folder: string): string[] {
  return readdirSync(join(folder, 'cdk.out')).filter((name) =>
    existsSync(join(folder, 'cdk.out', name, 'index.mjs')),
  );
}

describe('the installed package in an app of cdk init', () => {
  it('passes its type check, with the declarations of libraries checked too, and its cdk synth', async () => {
    writeFileSync(join(app, 'lib/app-stack.ts'), typedStack);
    const tsc = join(app, 'node_modules/typescript/bin/tsc');
    // The template leaves out the globals of jest in the stack; its own test is not part of this check.
    rmSync(join(app, 'test'), { recursive: true });
    expect(await node(app, tsc, '--skipLibCheck', 'false')).toMatchObject({ code: 0, stdout: '' });
    expectSynthesized(app, await synth(app));
  }, 300_000);

  it('does so too if the app has ES modules', async () => {
    const folder = join(dirname(app), 'esm-app');
    mkdirSync(folder);
    for (const name of ['node_modules', 'tsconfig.json', 'cdk.json'])
      symlinkSync(join(app, name), join(folder, name));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    for (const name of ['lib', 'bin']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'lib/app-stack.ts'), typedStack);
    const main = readFileSync(join(app, 'bin/app.ts'), 'utf8');
    writeFileSync(join(folder, 'bin/app.ts'), main.replace('/app-stack', '/app-stack.js'));
    expectSynthesized(folder, await synth(folder));
  }, 300_000);
});

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
    rmSync(join(app, 'cdk.out'), { recursive: true, force: true });
    writeFileSync(
      join(app, file),
      modules.map(([name, from]) => load(name, from)).join('\n') + stack,
    );
    const { code, stdout, stderr } = await node(app, file);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('Error')]);
    const types = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    expect(types).toContain('AWS::StepFunctions::StateMachine');
    const functions = types.filter((type: string) => type === 'AWS::Lambda::Function');
    expect(stderr).not.toContain('Bundling asset');
    expect(bundlesIn(app)).toHaveLength(9);
    expect(functions.length).toBeGreaterThanOrEqual(9);
  });

  it('has no TypeScript source, and brings no bundler', () => {
    const files = readdirSync(join(app, 'node_modules/chunkferry'), {
      recursive: true,
      encoding: 'utf8',
    });
    expect(files.filter((file) => /(?<!\.d)\.ts$/.test(file))).toEqual([]);
    const lock = JSON.parse(readFileSync(join(app, 'node_modules/.package-lock.json'), 'utf8'));
    // The app of cdk init has esbuild for its own development.
    expect(lock.packages['node_modules/esbuild']).toMatchObject({ dev: true });
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
