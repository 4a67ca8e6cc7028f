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

/** What a person's shell may hold while the CDK runs. */
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

/** Synthesizes as the CDK does, the functions bundled. */
async function synthesize(context: object): Promise<string> {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, ...secrets, CDK_OUTDIR: outdir };
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

function showing(files: readonly FileText[]): string[] {
  for (const { text } of files) canarySearch.searchText('templates', text);
  return files.flatMap(({ path, text }) => canariesIn(text).map((shown) => `${path}: ${shown}`));
}

describe('synthesized with secrets in the environment', () => {
  it('no template, manifest or bundle holds one, and nothing printed does', () => {
    const files = filesOf(outdir);
    const named = (end: string) => files.filter(({ path }) => path.endsWith(end)).length;
    expect([named('.template.json'), named('.assets.json')]).toEqual([2, 2]);
    expect(named('index.mjs')).toBeGreaterThan(6);
    expect(showing(files)).toEqual([]);
    expect(canariesIn(printed)).toEqual([]);
  });

  it('a file that holds one would be named', () => {
    const planted = { path: 'index.mjs', text: `const key="${canaries.keyLike}"` };
    expect(showing([planted])).toEqual(['index.mjs: the API key in the shape of a key (as it is)']);
    canarySearch.takeFindings();
  });
});
