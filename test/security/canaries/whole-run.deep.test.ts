import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';

const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url));
const config = 'test/security/canary-fixtures/vitest.config.ts';

/** Runs one leaking test file in its own process. */
async function run(leak: string, extraEnv: Readonly<Record<string, string>> = {}) {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env;
  const env = { PATH, HOME, NODE_COMPILE_CACHE, LEAK: leak, ...extraEnv };
  const child = spawn(process.execPath, [vitest, 'run', '--config', config], { env });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece) => {
      text += piece;
    });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const lines = stripVTControlCharacters(text).trim().split('\n');
  return { code, lines, leaks: lines.filter((line) => line.startsWith('a secret was shown by')) };
}

describe('a run in which a test', () => {
  it('logs a secret fails and names the file and the secret', async () => {
    const { code, lines, leaks } = await run('logs');
    expect(leaks).toContainEqual(
      expect.stringContaining('canary-fixtures/logs.fixture.ts: printed show the API key (plain)'),
    );
    expect(lines.at(-1)).toMatch(/^1 passed, [1-9]\d* failed$/);
    expect(code).toBe(1);
  });

  it('writes a secret directly to a stream fails', async () => {
    const { code, leaks } = await run('writes');
    expect(leaks).toContainEqual(expect.stringContaining('the planted canary (base64)'));
    expect(code).toBe(1);
  });

  it('fails with a secret in a cause of its error reports the secret', async () => {
    const { leaks } = await run('fails');
    expect(leaks).toContainEqual(
      expect.stringContaining('canary-fixtures/fails.fixture.ts: printed show the API key in the'),
    );
  });

  it('creates an error with a secret fails that test', async () => {
    const { code, lines } = await run('creates-error', { SETUP: '1' });
    expect(lines).toContainEqual(expect.stringContaining("errors show the secret's value"));
    expect(lines.at(-1)).toBe('0 passed, 1 failed');
    expect(code).toBe(1);
  });

  it('shows no secret passes and prints the searched amount', async () => {
    const { code, lines, leaks } = await run('silent', { SETUP: '1' });
    expect(leaks).toEqual([]);
    expect(lines.at(-2)).toMatch(/^searched for canaries: [1-9]\d* KB of output/);
    expect(lines.at(-1)).toBe('1 passed, 0 failed');
    expect(code).toBe(0);
  });
});
