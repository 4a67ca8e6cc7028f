import { it } from 'vitest';
import { canaries } from '../canaries/canaries.ts';

it('writes a secret directly to a stream and passes', () => {
  process.stdout.write(`${btoa(`a ${canaries.planted}!`)}\n`);
});
