import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { asTransferError, TransferError } from '#src/core/errors/transfer-error.ts';

/** An error of a library that repeats a presigned URL and a key. */
function foreignError(): Error {
  const url = 'https://u.example/b/k?X-Amz-Signature=CANARY1';
  const error = new TypeError(`Invalid URL ${url}\nauthorization: Bearer CANARY2`);
  return Object.assign(error, { input: url, headers: { 'x-api-key': 'CANARY3' } });
}

describe('an error of other code', () => {
  it('becomes an UnexpectedError that names what happened', () => {
    const error = asTransferError(foreignError());
    expect(error.name).toBe('UnexpectedError');
    expect(error.message).toBe(
      'TypeError: Invalid URL https://u.example/… authorization: Bearer …',
    );
  });

  it('shows no secret in its message, its cause or a stack', () => {
    const error = asTransferError(foreignError());
    const shown = inspect(error, { depth: 9, showHidden: true });
    expect(shown).toContain('foreign-errors.test.ts');
    expect(shown).not.toMatch(/CANARY/);
  });

  it('that is no Error loses its secrets too', () => {
    const error = asTransferError('token=CANARY');
    expect([error.message, error.cause]).toEqual(['token=…', 'token=…']);
  });

  it('that is ours stays the same object', () => {
    const error = new TransferError('NetworkError', 'no route');
    expect(asTransferError(error)).toBe(error);
  });
});
