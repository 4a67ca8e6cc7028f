import { expect, it } from 'vitest';
import { runSeed } from './run-seed.ts';

it('a seed does the very same twice', async () => {
  const [one, other] = [await runSeed(3), await runSeed(3)];
  expect(other.digest).toBe(one.digest);
  expect(other.executions).toBeGreaterThan(0);
});
