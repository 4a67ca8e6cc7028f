import { describe, expect, it } from 'vitest';
import { runShared, runToEnd } from './run-command.ts';

// `user-aws-settings.test.ts` runs the whole demo.
describe('npm run demo', () => {
  it('rejects an invalid proxy with one line, before it creates anything', async () => {
    const proxy = { HTTPS_PROXY: 'socks5h://127.0.0.1:1' };
    const { code, stderr } = await runShared('demo', [], proxy);
    expect([code, stderr.trim().split('\n').length]).toEqual([1, 1]);
    expect(stderr).toMatch(/^ConfigurationError: Invalid HTTPS_PROXY: [^{]+$/);
  });

  it.each([
    ['--size', 'banana'],
    ['--size', '10'],
    ['--size', '-5MiB'],
    ['no-such-file.mp4'],
    ['package.json'],
  ])('rejects %s %s with one line, without a stack trace', async (...args) => {
    const { code, stdout, stderr } = await runShared('demo', args.filter(Boolean));
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr.trim().split('\n').at(-1)).toMatch(/^(\w+Error: .+\.|error: .+)$/);
  });

  it('ends its own process with 1 after an error', async () => {
    const { code, stderr } = await runToEnd('demo', ['--size', 'banana']);
    expect([code, stderr.trim().split('\n').length]).toEqual([1, 1]);
  });
});
