import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultNames } from './faults/fault-classes.ts';
import { regressions } from './regressions.ts';
import { count, describeFailure, openTally, tableOf } from './report.ts';
import { runSeed, warmUp } from './run-seed.ts';

const seedsPerTest = 250;
const tests = 8;

const tally = openTally();
beforeAll(async () => void (await warmUp()));
afterAll(() => console.log(`${tally.seeds} seeds\n${tableOf(tally)}`));

describe('the whole pipeline in virtual time, with faults everywhere', () => {
  const firsts = Array.from({ length: tests }, (_, i) => 1 + i * seedsPerTest);

  it.each(firsts)(
    'keeps every invariant in the seeds from %i',
    { timeout: 300_000 },
    async (first) => {
      const failures: string[] = [];
      for (let seed = first; seed < first + seedsPerTest; seed++) {
        const result = await runSeed(seed);
        count(tally, result);
        if (result.violations.length > 0) failures.push(describeFailure(result));
      }
      expect(failures.join('\n\n')).toBe('');
    },
  );

  it('has met every class of fault', () => {
    expect(faultNames.filter((name) => !tally.injected.has(name))).toEqual([]);
  });

  it('moves real transfers: most executions bring an asset', () => {
    expect(tally.ready / tally.seeds).toBeGreaterThan(1);
  });
});

describe('a seed', () => {
  it.each([3, 169, 1_001])('does the very same twice (%i)', async (seed) => {
    const [one, other] = [await runSeed(seed), await runSeed(seed)];
    expect(other.digest).toBe(one.digest);
    expect(other.executions).toBeGreaterThan(0);
  });

  it.each(regressions)('that once failed passes: $seed, $why', async ({ seed }) => {
    const result = await runSeed(seed);
    expect(result.violations.length === 0 ? '' : describeFailure(result)).toBe('');
  });
});
