import { it } from 'vitest';
import { canaries } from '../canaries/canaries.ts';

it('writes a secret to the stream below the console and passes', () => {
  process.stdout.write(`${btoa(`a ${canaries.planted}!`)}\n`);
});
