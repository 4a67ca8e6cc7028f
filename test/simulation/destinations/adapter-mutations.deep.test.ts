import { afterAll, expect, it } from 'vitest';
import { adapterMutations } from './adapter-mutations.ts';
import { runDestinationSeed } from './run-destination-seed.ts';

/** The seeds within which a mutation must be caught. */
const budget = 100;

const caught: string[] = [];
afterAll(() => console.log(caught.join('\n')));

it.each(adapterMutations)('seeds of $kind show: $name', { timeout: 600_000 }, async (mutation) => {
  const { kind, name, caughtBy } = mutation;
  const others = new Set<string>();
  for (let seed = 1; seed <= budget; seed++) {
    const { broken } = await runDestinationSeed(kind, seed, mutation);
    const flaw = broken.find((text) => caughtBy.test(text));
    if (flaw !== undefined) {
      caught.push(`${name}: seed ${seed}, "${flaw}"`);
      return;
    }
    for (const text of broken) others.add(text);
  }
  expect.fail(`no seed up to ${budget} shows ${caughtBy}, but: ${[...others].join('; ')}`);
});
