import { afterAll, describe, expect, it } from 'vitest';
import { faultNames } from './faults/fault-classes.ts';
import { count, describeFailure, openTally, tableOf } from './report.ts';
import { runSeed } from './run-seed.ts';

const seedsPerTest = 250;

/**
 * Describes runs of the simulation with consecutive seeds. Every invariant must hold in each, every class
 * of fault must be met, and most executions must bring an asset.
 */
export function describeSeeds(first: number, seeds: number): void {
  const tally = openTally();
  afterAll(() => console.log(`${tally.seeds} seeds\n${tableOf(tally)}`));

  describe('the whole pipeline in virtual time, with faults everywhere', () => {
    const firsts = Array.from({ length: seeds / seedsPerTest }, (_, i) => first + i * seedsPerTest);

    it.each(firsts)(
      'keeps every invariant in the seeds from %i',
      { timeout: 600_000 },
      async (from) => {
        const failures: string[] = [];
        for (let seed = from; seed < from + seedsPerTest; seed++) {
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
}
