import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { failureOf, lineOf, withLocalNextStep } from '#local/commands/command-line.ts';
import { errorCatalogue, nextStepOf } from '#src/core/errors/error-lookup.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';

/** An error as Node.js throws it, by its code and number on this system. */
const systemError = (code: string, errno: number, path: string) =>
  Object.assign(new Error(`${code}: some words, open '${path}'`), { code, errno, path });

describe('an error that ends a command', () => {
  it.each([
    ['EACCES', -13, 'permission denied'],
    ['ENOSPC', -28, 'no space left on device'],
    ['EROFS', -30, 'read-only file system'],
  ])('of the system (%s) has the path and the reason', (code, errno, words) => {
    expect(lineOf(systemError(code, errno, '/films/a.mp4'), 'local')).toBe(
      `ConfigurationError: /films/a.mp4: ${words} (${code}). Fix this problem, then run the command again.`,
    );
  });

  it('of a current folder that was deleted names that folder', () => {
    const error = Object.assign(new Error('ENOENT: …, uv_cwd'), { code: 'ENOENT', errno: -2 });
    expect(lineOf(Object.assign(error, { syscall: 'uv_cwd' }), 'local')).toBe(
      'ConfigurationError: the current folder: no such file or directory (ENOENT). Fix this problem, then run the command again.',
    );
  });

  it('of the store of proofs has the file', () => {
    const error = new Error('IO error: /state/rows/000003.log: No space left on device');
    expect(lineOf(error, 'local')).toBe(
      'ConfigurationError: /state/rows/000003.log: No space left on device. Fix this problem, then run the command again.',
    );
  });

  it('has no stack trace if it is a bug', () => {
    expect(lineOf(new TypeError('x is not a function'), 'local')).toBe(
      'UnexpectedError: TypeError: x is not a function. Report this bug with this message.',
    );
  });

  it.each(['local', 'stack'] as const)(
    'of the catalogue has the next step of the runtime "%s"',
    (runtime) => {
      const line = lineOf(new TransferError('CredentialsRejectedError', 'rejected'), runtime);
      expect(line.includes('secret')).toBe(runtime === 'stack');
    },
  );

  it('of Node.js has a path', async () => {
    const error = await readFile('/nowhere/film.mp4').catch((thrown) => thrown);
    expect(lineOf(error, 'local')).toContain('/nowhere/film.mp4: no such file or directory');
  });
});

describe('a recorded failure', () => {
  it('has the next step of a local run instead of the stack’s', () => {
    const cause = 'The key is rejected. Put a valid API key into the secret, then start again.';
    expect(withLocalNextStep({ error: 'CredentialsRejectedError', cause }).cause).toBe(
      'The key is rejected. Put a valid API key into its environment variable, then run the command again.',
    );
  });

  it('is that of the first step, as text, if the outcome could not be recorded', () => {
    const words = 'Invalid HTTPS_PROXY: must be the URL of an http or https proxy.';
    const caught = {
      Error: 'ConfigurationError',
      Cause: JSON.stringify({ errorType: 'ConfigurationError', errorMessage: words, trace: [] }),
    };
    const errors = JSON.stringify({ InspectSource: caught, RecordOutcome: caught });
    const { nextStep } = errorCatalogue.OutcomeNotRecordedError;
    const cause = `The outcome could not be recorded. ${nextStep} Errors: ${errors}`;
    const result = { status: 'FAILED', error: 'OutcomeNotRecordedError', cause };
    expect(failureOf(result as never)).toEqual({
      error: 'ConfigurationError',
      cause: `InspectSource failed: ConfigurationError: ${words} RecordOutcome failed: ConfigurationError: ${words} ${nextStepOf('ConfigurationError', 'local')}`,
    });
  });
});
