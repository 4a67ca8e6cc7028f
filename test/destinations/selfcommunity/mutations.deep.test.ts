import { expect, it } from 'vitest';
import { openCommunity } from './community.ts';
import { crashAt, everyCrash } from './crash-points.ts';
import { runWithFaults } from './faults.ts';
import { crashMutation, faultMutations } from './mutations.ts';

/** The seeds within which a mutation must be caught. */
const budget = 60;

it.each(faultMutations)('is caught: $name', async ({ caughtBy, change }) => {
  for (let seed = 1; seed <= budget; seed++) {
    const broken = await runWithFaults(seed, change);
    if (broken.some((text) => caughtBy.test(text))) return;
  }
  expect.fail(`no seed up to ${budget} shows ${caughtBy}`);
});

it(`is caught: ${crashMutation.name}`, async () => {
  const { change, caughtBy } = crashMutation;
  const { calls, kills } = await everyCrash();
  const broken: string[] = [];
  for (const kill of kills)
    broken.push(...(await crashAt(calls, kill, () => openCommunity({ change }))));
  expect(broken.filter((text) => caughtBy.test(text)).length).toBeGreaterThan(0);
});

it('no seed up to 200 breaks a promise without a mutation', async () => {
  const broken: string[] = [];
  for (let seed = 1; seed <= 200; seed++) broken.push(...(await runWithFaults(seed)));
  expect(broken).toEqual([]);
});
