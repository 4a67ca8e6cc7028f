import { it } from 'vitest';
import { canaries } from '../canaries/canaries.ts';

it('fails with a secret deep in its error', () => {
  throw new Error('failed', { cause: new Error('why', { cause: { key: canaries.keyLike } }) });
});
