import { it } from 'vitest';
import { canaries } from '../canaries/canaries.ts';

it('logs a secret and passes', () => {
  console.log(`the key is ${canaries.apiKey}`);
});
