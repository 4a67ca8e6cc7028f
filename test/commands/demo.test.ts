import { describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { runShared, runToEnd } from './run-command.ts';

// `user-aws-settings.deep.test.ts` runs the whole demo.
describe('npm run demo', () => {
  it('rejects an invalid proxy with one line, before it creates anything', async () => {
    const proxy = { HTTPS_PROXY: 'socks5h://127.0.0.1:1' };
    const { code, stderr } = await runShared('demo', [], proxy);
    expect([code, stderr.trim().split('\n').length]).toEqual([exitCodes.usage, 1]);
    expect(stderr).toMatch(/^Invalid HTTPS_PROXY: [^{]+$/);
  });

  it.each([
    ['usage', '--size', 'banana'],
    ['usage', '--size', '10'],
    ['usage', '--size', '-5MiB'],
    ['usage', 'no-such-file.mp4'],
    ['failed', 'package.json'],
  ] as const)(
    'ends with %s for %s %s: one line, without a stack trace',
    async (ending, ...args) => {
      const { code, stdout, stderr } = await runShared('demo', args);
      expect(code).toBe(exitCodes[ending]);
      expect(stdout).toBe('');
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(stderr.trim().split('\n').at(-1)).toMatch(/^(Invalid|\w+Error: ).+\.$/);
    },
  );

  it('ends its own process with the exit code of the error', async () => {
    const { code, stderr } = await runToEnd('demo', ['--size', 'banana']);
    expect([code, stderr.trim().split('\n').length]).toEqual([exitCodes.usage, 1]);
  });
});
