import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransferStack } from '#infra/stacks/transfer-stack.ts';
import type { CloudFormationResource, CloudFormationTemplate } from '#infra/synthesize.ts';
import { environmentKeys } from '#src/config/environment-keys.ts';
import { type StepName, stepNames } from '#src/core/stack/step-names.ts';

const outdir = mkdtempSync(join(tmpdir(), 'chunkferry-bundles-'));
let template: CloudFormationTemplate;

beforeAll(() => {
  const app = new App({ outdir });
  const { artifactId } = new TransferStack(app, 'Chunkferry');
  template = app.synth().getStackArtifact(artifactId).template;
}, 120_000);

afterAll(() => rmSync(outdir, { recursive: true, force: true }));

/** The bundles, by the construct's path that the function's logical id begins with. */
const bundles = [...stepNames, 'ReconcilerReconcile', 'DispatcherDispatch'] as const;

type BundleName = StepName | (typeof bundles)[number];

/** Returns the folder of a function's bundle, which the asset's hash names. */
function folderOf(step: BundleName): string {
  const [, resource] = Object.entries(template.Resources).find(
    ([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.startsWith(`Chunkferry${step}`),
  ) as [string, CloudFormationResource];
  const { Code } = resource.Properties as { Code: { S3Key: string } };
  return join(outdir, `asset.${Code.S3Key.replace('.zip', '')}`);
}

/** Runs a script over a bundle's handler in a process of its own, outside any node_modules. */
async function withBundle(step: BundleName, script: string, env: NodeJS.ProcessEnv = {}) {
  const bundle = pathToFileURL(join(folderOf(step), 'index.mjs')).href;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', `import { handler } from '${bundle}';\n${script}`],
    { cwd: outdir, env: { AWS_REGION: 'us-east-1', ...env } },
  );
  return stdout;
}

/** An empty S3 on loopback. */
async function withEmptyS3<T>(use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer((_, response) => response.writeHead(404).end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const askForAnObject = `
  const context = { getRemainingTimeInMillis: () => 20_000, functionName: 'f', awsRequestId: 'r' };
  const payload = { executionId: 'e', state: { bucket: 'films', key: 'film.mp4' } };
  await handler(payload, context).catch(({ name }) => console.log('ended with', name));
  process.exit();`;

describe('the bundle of', () => {
  it.each(bundles)('%s is one module of at most 1 MB, and its source map', (step) => {
    const folder = folderOf(step);
    expect(readdirSync(folder).sort()).toEqual(['index.mjs', 'index.mjs.map']);
    expect(statSync(join(folder, 'index.mjs')).size).toBeLessThanOrEqual(1_000_000);
  });

  it.each(bundles)('%s runs without any installed package', async (step) => {
    expect(await withBundle(step, 'console.log(typeof handler)')).toBe('function\n');
  });

  it('InspectSource speaks HTTP with the only parser in its bundle', async () => {
    const output = await withEmptyS3((AWS_ENDPOINT_URL_S3) =>
      withBundle('InspectSource', askForAnObject, {
        AWS_ENDPOINT_URL_S3,
        [environmentKeys.sources]: '{"list":[{"bucket":"films"}],"readers":{}}',
        AWS_ACCESS_KEY_ID: 'unused',
        AWS_SECRET_ACCESS_KEY: 'nothing',
      }),
    );
    expect(output).toContain('ended with SourceNotFoundError');
  });
});
