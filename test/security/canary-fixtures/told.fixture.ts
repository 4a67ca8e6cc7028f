import { it } from 'vitest';
import { TransferError } from '#src/core/errors/errors.ts';
import { canaries } from '../canaries/canaries.ts';

it('makes an error of ours that nobody throws, with a secret, and passes', () => {
  new TransferError('NetworkError', 'reset', { cause: new Error(canaries.secretValue) });
});
