import fc from 'fast-check';
import { expect } from 'vitest';
import { budget, type Kind, runsOf } from './budget.ts';
import { heapMiB } from './heap.ts';

/** The seed of all inputs. Default: the same inputs in every run. */
const seed = Number(process.env.FUZZ_SEED ?? 20_261_121);

/** Maximum heap growth of one kind, in MiB: each input is released after its try. */
const maxGrowthMiB = 96;

/** Tries one input; returns the error name, or undefined for valid work. */
type Try<T> = (input: T) => Promise<string | undefined>;

/**
 * Tries the inputs of a kind within its budget and prints the count of errors by name. A failure names
 * the seed and the path with which fast-check reproduces the input.
 */
export async function fuzz<T>(kind: Kind, inputs: fc.Arbitrary<T>, attempt: Try<T>): Promise<void> {
  const { rejectedShare } = budget[kind];
  const runs = runsOf(kind);
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
  const rejected = [...names.values()].reduce((sum, count) => sum + count, 0);
  process.stdout.write(`fuzz: ${summaryOf(kind, { tried, rejected, seconds })} ${listOf(names)}\n`);
  expect(tried).toBe(runs);
  expect(rejected / tried).toBeGreaterThanOrEqual(rejectedShare);
  expect(heapMiB() - before).toBeLessThan(maxGrowthMiB);
}

function summaryOf(kind: string, { tried, rejected, seconds }: Record<string, number>): string {
  return `${kind}: ${tried} tried, ${rejected} rejected, ${seconds?.toFixed(1)} s`;
}

function listOf(names: ReadonlyMap<string, number>): string {
  const sorted = [...names].sort(([, a], [, b]) => b - a);
  return `(${sorted.map(([name, count]) => `${name} ${count}`).join(', ')})`;
}
