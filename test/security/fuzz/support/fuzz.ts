import fc from 'fast-check';
import { expect } from 'vitest';
import { budget, type Kind } from './budget.ts';
import { heapMiB } from './heap.ts';

/** The same inputs in every run, unless `FUZZ_SEED` says otherwise. */
const seed = Number(process.env.FUZZ_SEED ?? 20_261_121);

/** What a kind may leave on the heap, in MiB: its inputs are let go of, one after the other. */
const maxGrowthMiB = 96;

/** Says how one input ended; a name where it was refused. */
type Try<T> = (input: T) => Promise<string | undefined>;

/**
 * Tries as many inputs as a kind's budget has, prints how many were refused, and by which names. A
 * failure names the seed and the path by which fast-check finds the input again.
 */
export async function fuzz<T>(kind: Kind, inputs: fc.Arbitrary<T>, attempt: Try<T>): Promise<void> {
  const { runs, refusedShare } = budget[kind];
  const names = new Map<string, number>();
  let tried = 0;
  const before = heapMiB();
  const startedAt = performance.now();
  const property = fc.asyncProperty(inputs, async (input) => {
    tried++;
    const name = await attempt(input);
    if (name !== undefined) names.set(name, (names.get(name) ?? 0) + 1);
  });
  await fc.assert(property, { numRuns: runs, seed, endOnFailure: true });
  const seconds = (performance.now() - startedAt) / 1000;
  const refused = [...names.values()].reduce((sum, count) => sum + count, 0);
  process.stdout.write(`fuzz: ${told(kind, { tried, refused, seconds })} ${listOf(names)}\n`);
  expect(tried).toBe(runs);
  expect(refused / tried).toBeGreaterThanOrEqual(refusedShare);
  expect(heapMiB() - before).toBeLessThan(maxGrowthMiB);
}

function told(kind: string, { tried, refused, seconds }: Record<string, number>): string {
  return `${kind}: ${tried} tried, ${refused} refused, ${seconds?.toFixed(1)} s`;
}

function listOf(names: ReadonlyMap<string, number>): string {
  const most = [...names].sort(([, a], [, b]) => b - a);
  return `(${most.map(([name, count]) => `${name} ${count}`).join(', ')})`;
}
