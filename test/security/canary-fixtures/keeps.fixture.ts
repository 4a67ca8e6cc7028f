import { expect, it } from 'vitest';
import { canaries } from '../canaries/canaries.ts';

it('shows nobody its secret', () => {
  expect(canaries.planted).toMatch(/^[\da-f]+$/);
  console.log('nothing to see');
});
