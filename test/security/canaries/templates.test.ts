import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canaries, canariesIn } from './canaries.ts';
import { type FileText, filesOf } from './files.ts';
import { canarySearch } from './search.ts';

const outdir = mkdtempSync(join(tmpdir(), 'chunkferry-canaries-'));

/** Secrets that may be in the operator's shell while the CDK runs. */
const secrets = {
  TWELVE_LABS_API_KEY: canaries.apiKey,
  API_KEY: canaries.keyLike,
  AWS_ACCESS_KEY_ID: 'ASIA0000000000000000',
  AWS_SECRET_ACCESS_KEY: canaries.secretAccessKey,
  AWS_SESSION_TOKEN: canaries.sessionToken,
};

const context = {
  busArn: 'arn:aws:events:eu-west-1:123456789012:event-bus/intake',
  sourceBuckets: 'a-bucket',
  externalId: 'id',
};

let printed: string;

/** Synthesizes as the CDK does, with bundled functions. */
async function synthesize(context: object): Promise<string> {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env;
  const env = { PATH, HOME, NODE_COMPILE_CACHE, ...secrets, CDK_OUTDIR: outdir };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['infra/app.ts'], {
    env: { ...env, CDK_CONTEXT_JSON: JSON.stringify(context) },
  });
  return stdout + stderr;
}

beforeAll(async () => {
  const own = await synthesize({ sourceBuckets: 'films' });
  printed = own + (await synthesize({ ...context, stack: 'source-account' }));
}, 120_000);

afterAll(() => rmSync(outdir, { recursive: true, force: true }));

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

  it('would name a file with a secret', () => {
    const planted = { path: 'index.mjs', text: `const key="${canaries.keyLike}"` };
    expect(leaksIn([planted])).toEqual(['index.mjs: the API key in the format of a key (plain)']);
    canarySearch.takeFindings();
  });
});
