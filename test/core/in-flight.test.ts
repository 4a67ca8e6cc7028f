import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxChunksPerRange, maxRangesInFlight } from '#src/core/transfer/in-flight.ts';
import { createSevenBridges } from '#src/destinations/seven-bridges/destination.ts';
import { checkSettings } from '#src/destinations/seven-bridges/settings.ts';
import { serviceTraits } from '../doubles/destinations/service-sized.ts';
import { ManualClock } from '../harness/clock.ts';

function traitsOf(maxInFlight: number) {
  return { ...serviceTraits, maxInFlight };
}

describe('ranges and chunks in flight', () => {
  it.each([
    [64, 4, 32],
    [16, 4, 8],
    [8, 4, 4],
    [8, 1, 8],
    [3, 4, 1],
    [1, 4, 1],
  ])(
    'with %i chunks at the service and %i in a function, %i ranges',
    (most, inFunction, ranges) => {
      expect(maxRangesInFlight(traitsOf(most), {}, inFunction)).toBe(ranges);
    },
  );

  it('never have more chunks in flight than the service allows, and always at least one', () => {
    const atMost64 = fc.integer({ min: 1, max: 64 });
    fc.assert(
      fc.property(atMost64, atMost64, (most, inFunction) => {
        const ranges = maxRangesInFlight(traitsOf(most), {}, inFunction);
        expect(ranges).toBeGreaterThanOrEqual(1);
        for (let atOnce = 1; atOnce <= ranges; atOnce++) {
          const chunks = maxChunksPerRange(traitsOf(most), {}, atOnce);
          expect(chunks).toBeGreaterThanOrEqual(1);
          expect(atOnce * chunks).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  it('are one of each if the session takes one chunk at a time', () => {
    expect(maxRangesInFlight(traitsOf(16), { maxInFlight: 1 }, 4)).toBe(1);
    expect(maxChunksPerRange(traitsOf(16), { maxInFlight: 1 }, 1)).toBe(1);
  });

  it('are eight ranges with two parts each to Seven Bridges', () => {
    const { traits } = createSevenBridges({
      transport: { send: () => Promise.reject(new Error('unused')) },
      apiKey: { get: async () => '', refresh: async () => '' },
      settings: checkSettings({ environment: 'cavatica', project: 'ada/genomes' }),
      clock: new ManualClock(),
      log: { info: () => {}, warn: () => {}, error: () => {} },
    });
    expect(maxRangesInFlight(traits, {}, 4)).toBe(8);
    expect(maxChunksPerRange(traits, {}, 8)).toBe(2);
  });
});
