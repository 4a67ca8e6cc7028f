import { expect, it } from 'vitest';
import { canaries } from '../canaries/canaries.ts';

it('shows no secret', () => {
  expect(canaries.planted).toMatch(/^[\da-f]+$/);
  console.log('no secret');
});
