import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CloudFormationTemplate } from '#infra/synthesize.ts';
import { esmApp, installPackage, node } from './installed-apps.ts';

/** A stack of a user: a bucket of its own, and a Chunkferry that reads it. */
const stack = `import * as cdk from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Chunkferry, type ChunkferryProps } from 'chunkferry';
import { transferOutputSchema, type TransferInput } from 'chunkferry/events';
import { Construct } from 'constructs';

export class CommonStack extends cdk.Stack {
  constructor(scope: Construct, id: string, props?: cdk.StackProps) {
    super(scope, id, props);
    const bucket = new Bucket(this, 'Films', { eventBridgeEnabled: true });
    const settings: ChunkferryProps = { maxActiveTransfers: 20, maxSendConcurrency: 160 };
    const chunkferry = new Chunkferry(this, 'Chunkferry', settings);
    chunkferry.addSource({ bucket, suffixes: ['.mp4'] });
    new cdk.CfnOutput(this, 'Machine', { value: chunkferry.stateMachine.stateMachineArn });
    // @ts-expect-error: the types of the props arrive
    const wrong: ChunkferryProps = { maxActiveTransfers: 'many' };
    const input: TransferInput = { bucket: 'films', key: 'a.mp4' };
    const flawed = transferOutputSchema.safeParse({ status: 'unknown', input, wrong });
    if (flawed.success) throw new Error('The schema accepts an unknown status');
  }
}
`;

const esmEntry = `${stack}
const app = new cdk.App();
new CommonStack(app, 'EsmStack');
app.synth();
`;

let folder: string;

beforeAll(async () => {
  folder = await installPackage();
  writeFileSync(join(folder, 'common/lib/common-stack.ts'), stack);
  esmApp(join(folder, 'esm'), esmEntry);
}, 900_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Returns the template that a synthesis has written, with the folders of its functions' code. */
function synthesized(app: string, name: string) {
  const out = join(folder, app, 'cdk.out');
  const template: CloudFormationTemplate = JSON.parse(
    readFileSync(join(out, `${name}.template.json`), 'utf8'),
  );
  const code = Object.values(template.Resources).flatMap(({ Type, Properties }) => {
    const { S3Key } = (Properties?.Code ?? {}) as { S3Key?: string };
    return Type === 'AWS::Lambda::Function' && S3Key
      ? [join(out, `asset.${S3Key.replace('.zip', '')}`)]
      : [];
  });
  return { template, code };
}

function expectChunkferry(app: string, name: string): void {
  const { template, code } = synthesized(app, name);
  const types = Object.values(template.Resources).map(({ Type }) => Type);
  expect(types).toEqual(
    expect.arrayContaining(['AWS::S3::Bucket', 'AWS::StepFunctions::StateMachine']),
  );
  expect(code.length).toBe(9);
  for (const asset of code) expect(readdirSync(asset)).toContain('index.mjs');
}

it('a CommonJS app of cdk init compiles and synthesizes a Chunkferry next to its own bucket', async () => {
  const app = join(folder, 'common');
  await node(app, ['../node_modules/typescript/bin/tsc', '--noEmit', '-p', '.']);
  const start = ['../node_modules/ts-node/dist/bin.js', '--prefer-ts-exts', 'bin/common.ts'];
  await node(app, start, { CDK_OUTDIR: 'cdk.out' });
  expectChunkferry('common', 'CommonStack');
});

it('an app of ES modules synthesizes the same', async () => {
  const app = join(folder, 'esm');
  await node(app, ['../node_modules/typescript/bin/tsc', '-p', '.']);
  await node(app, ['app.js'], { CDK_OUTDIR: 'cdk.out' });
  expectChunkferry('esm', 'EsmStack');
});

it('ships no TypeScript but declarations, and no bundler comes with it', () => {
  const shipped = readdirSync(join(folder, 'node_modules/chunkferry'), {
    recursive: true,
    encoding: 'utf8',
  });
  expect(shipped.filter((name) => /(?<!\.d)\.ts$/.test(name))).toEqual([]);
  for (const name of ['esbuild', 'dynalite', '@aws-cdk/toolkit-lib'])
    expect(existsSync(join(folder, 'node_modules', name))).toBe(false);
});

it('the installed program exports the stack, without a bundler and without an account', async () => {
  const program = join(folder, 'node_modules/chunkferry/dist/cli/main.js');
  const args = ['export', '--json', '--out', 'exported', '--source-bucket', 'my-videos'];
  const { stdout } = await node(folder, [program, ...args]);
  const { files } = JSON.parse(stdout);
  expect(files.filter((name: string) => name.endsWith('.zip')).length).toBe(9);
  const template: CloudFormationTemplate = JSON.parse(
    readFileSync(join(folder, 'exported/template.json'), 'utf8'),
  );
  for (const { Type, Properties } of Object.values(template.Resources))
    if (Type === 'AWS::Lambda::Function' && typeof Properties?.Code === 'string')
      expect(existsSync(join(folder, 'exported', Properties.Code))).toBe(true);
  expect(template).not.toHaveProperty('Rules');
});

it('names the optional package that deploy lacks, and the command that installs it', async () => {
  const program = join(folder, 'node_modules/chunkferry/dist/cli/main.js');
  const failed = await node(folder, [program, 'deploy', '--source-bucket', 'my-videos']).catch(
    (error: { readonly code: number; readonly stderr: string }) => error,
  );
  expect(failed).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /^Missing package "@aws-cdk\/toolkit-lib": .*npm install @aws-cdk\/toolkit-lib@\d/,
    ),
  });
});
