import { describe, expect, it } from 'vitest';
import { type DestinationResult, kinds, runDestinationSeed } from './run-destination-seed.ts';

/** Describes runs with consecutive seeds: no data is lost or doubled, and most transfers bring their asset. */
export function describeDestinationSeeds(first: number, seeds: number): void {
  describe('transfers under random faults', () => {
    it.each(kinds)('to %s move the object once', { timeout: 600_000 }, async (kind) => {
      const results: DestinationResult[] = [];
      const flaws: string[] = [];
      for (let seed = first; seed < first + seeds; seed++) {
        const result = await runDestinationSeed(kind, seed);
        results.push(result);
        const at = `seed ${seed}, ${result.kills} kills, faults ${result.faults.join(' ')}`;
        flaws.push(...result.broken.map((flaw) => `${flaw} (${at})`));
      }
      expect(flaws).toEqual([]);
      const ready = results.filter(({ isReady }) => isReady).length;
      const faults = results.reduce((sum, one) => sum + one.faults.length, 0);
      const kills = results.reduce((sum, one) => sum + one.kills, 0);
      console.log(`${kind}: ${seeds} seeds, ${ready} ready, ${faults} faults, ${kills} kills`);
      expect(ready / seeds).toBeGreaterThan(0.5);
    });
  });
}
