import { afterAll, describe, expect, it } from 'vitest';
import { runSeed } from '../run-seed.ts';
import { mutations } from './mutations.ts';

const caught: string[] = [];
afterAll(() => console.log(caught.join('\n')));

describe('a mutation', () => {
  it.each(mutations)('is caught: $name', async ({ name, caughtBy, budget, create }) => {
    for (let seed = 1; seed <= budget; seed++) {
      const { violations } = await runSeed(seed, create());
      const found = violations.find(({ invariant }) => invariant === caughtBy);
      if (!found) continue;
      caught.push(`${name}: caught by seed ${seed}, "${caughtBy}" (${found.what})`);
      return;
    }
    expect.fail(`no seed up to ${budget} broke "${caughtBy}"`);
  });
});
