import { it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { canaries } from '../canaries/canaries.ts';

it('creates an error with a secret without a throw, and passes', () => {
  new TransferError('NetworkError', 'reset', { cause: new Error(canaries.secretValue) });
});
