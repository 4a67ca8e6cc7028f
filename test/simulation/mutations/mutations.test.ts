import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plantedBugs } from './mutations.ts';
import { runSeed, warmUp } from '../run-seed.ts';

const caught: string[] = [];
beforeAll(async () => void (await warmUp()));
afterAll(() => console.log(caught.join('\n')));

describe('a bug that is planted from outside', () => {
  it.each(plantedBugs)('is caught: $name', async ({ name, caughtBy, budget, plant }) => {
    for (let seed = 1; seed <= budget; seed++) {
      const { violations } = await runSeed(seed, plant());
      const found = violations.find(({ invariant }) => invariant === caughtBy);
      if (!found) continue;
      caught.push(`${name}: caught by seed ${seed}, "${caughtBy}" (${found.what})`);
      return;
    }
    expect.fail(`no seed up to ${budget} broke "${caughtBy}"`);
  });
});
