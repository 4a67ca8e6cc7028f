import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const outdir = mkdtempSync(join(tmpdir(), 'chunkferry-app-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

/** Runs the app as the CDK does, without bundling and validation: `bundles.deep.test.ts` has both. */
function runApp(context: Record<string, unknown>) {
  const env = {
    ...process.env,
    CDK_OUTDIR: outdir,
    CDK_CONTEXT_JSON: JSON.stringify({ 'aws:cdk:bundling-stacks': [], ...context }),
  };
  return new Promise<{ code: number | null; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, ['infra/app.ts'], { env }, (_, __, stderr) =>
      resolve({ code: child.exitCode, stderr }),
    );
  });
}

const busArn = 'arn:aws:events:eu-west-1:123456789012:event-bus/intake';

describe('the app', () => {
  it('creates the stack that the context chooses', async () => {
    const context = {
      stack: 'source-account',
      busArn,
      sourceBuckets: 'a-bucket',
      externalId: 'id',
    };
    expect(await runApp(context)).toEqual({ code: 0, stderr: '' });
    const templates = readdirSync(outdir).filter((name) => name.endsWith('.template.json'));
    expect(templates).toEqual(['ChunkferrySource.template.json']);
  });

  it('fails with one line about an error in the context', async () => {
    expect(await runApp({ sourceBukets: 'films' })).toEqual({
      code: 1,
      stderr:
        'ConfigurationError: Invalid context key "sourceBukets": unknown key. Did you mean "sourceBuckets"?\n',
    });
  });
});
