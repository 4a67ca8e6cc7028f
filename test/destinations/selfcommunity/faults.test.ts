import { expect, it } from 'vitest';
import { runWithFaults } from './faults.ts';

/** More seeds are in `mutations.deep.test.ts`. */
it('moves a document once, or names the unknown completion, with any mix of faults', async () => {
  const broken: string[] = [];
  for (let seed = 1; seed <= 20; seed++) broken.push(...(await runWithFaults(seed)));
  expect(broken).toEqual([]);
});
