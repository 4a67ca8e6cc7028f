import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CloudFormationResource, CloudFormationTemplate } from '#infra/synthesize.ts';
import { environmentKeys } from '#src/config/environment-keys.ts';
import { type StepName, stepNames } from '#src/core/shared-with-infra/step-names.ts';
import { canaries, canariesIn } from '../../security/canaries/canaries.ts';
import { type FileText, filesOf } from '../../security/canaries/files.ts';
import { canarySearch } from '../../security/canaries/search.ts';

const outdir = mkdtempSync(join(tmpdir(), 'chunkferry-bundles-'));

/** Secrets that may be in the operator's shell while the CDK runs. */
const secrets = {
  TWELVE_LABS_API_KEY: canaries.apiKey,
  API_KEY: canaries.keyLike,
  AWS_ACCESS_KEY_ID: 'ASIA0000000000000000',
  AWS_SECRET_ACCESS_KEY: canaries.secretAccessKey,
  AWS_SESSION_TOKEN: canaries.sessionToken,
};

const contexts = [
  { sourceBuckets: 'films' },
  {
    stack: 'source-account',
    busArn: 'arn:aws:events:eu-west-1:123456789012:event-bus/intake',
    sourceBuckets: 'a-bucket',
    externalId: 'id',
  },
];

let printed: string;
let template: CloudFormationTemplate;

/**
 * Synthesizes both stacks as the CDK does, with bundled functions and validation. One process does both:
 * to load the validation takes most of the time.
 */
async function synthesize(): Promise<string> {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env;
  const script = `import { createApp } from './infra/create-app.ts';
    for (const context of ${JSON.stringify(contexts)}) createApp({ context }).synth();`;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', script],
    { env: { PATH, HOME, NODE_COMPILE_CACHE, ...secrets, CDK_OUTDIR: outdir } },
  );
  return stdout + stderr;
}

beforeAll(async () => {
  printed = await synthesize();
  template = JSON.parse(readFileSync(join(outdir, 'Chunkferry.template.json'), 'utf8'));
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

/** InspectSource runs for every event, also for those that it ignores, so its bound is lower. */
const maxBytesOf = (step: BundleName) => (step === 'InspectSource' ? 900_000 : 1_000_000);

const askForAnObject = `
  const context = { getRemainingTimeInMillis: () => 20_000, functionName: 'f', awsRequestId: 'r' };
  const payload = { executionId: 'e', state: { bucket: 'films', key: 'film.mp4' } };
  await handler(payload, context).catch(({ name }) => console.log('ended with', name));
  process.exit();`;

describe('the bundle of', () => {
  it.each(bundles)(
    '%s is one module of at most 1 MB (InspectSource: 900 KB), and its source map',
    (step) => {
      const folder = folderOf(step);
      expect(readdirSync(folder).sort()).toEqual(['index.mjs', 'index.mjs.map']);
      expect(statSync(join(folder, 'index.mjs')).size).toBeLessThanOrEqual(maxBytesOf(step));
    },
  );

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

function leaksIn(files: readonly FileText[]): string[] {
  for (const { text } of files) canarySearch.searchText('templates', text);
  return files.flatMap(({ path, text }) => canariesIn(text).map((shown) => `${path}: ${shown}`));
}

describe('a synthesis with secrets in the environment', () => {
  it('writes no secret to templates, manifests, bundles or output', () => {
    const files = filesOf(outdir);
    const named = (end: string) => files.filter(({ path }) => path.endsWith(end)).length;
    expect([named('.template.json'), named('.assets.json')]).toEqual([2, 2]);
    expect(named('index.mjs')).toBeGreaterThan(6);
    expect(leaksIn(files)).toEqual([]);
    expect(canariesIn(printed)).toEqual([]);
  });

  it('prints no warning, such as a finding of the CDK’s validation', () => {
    // The CDK names each asset that it bundles.
    expect(printed.replaceAll(/^Bundling asset .*\n/gm, '')).toBe('');
  });

  it('would name a file with a secret', () => {
    const planted = { path: 'index.mjs', text: `const key="${canaries.keyLike}"` };
    expect(leaksIn([planted])).toEqual(['index.mjs: the API key in the format of a key (plain)']);
    canarySearch.takeFindings();
  });
});
