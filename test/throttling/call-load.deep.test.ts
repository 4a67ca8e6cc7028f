import { describe, expect, it } from 'vitest';
import { seededRandom } from '#local/simulators/randomness.ts';
import { byTheMinute, noisy, runLoad, steady } from './call-load.ts';

const seeds = [1, 2, 3];

describe('calls of which 8 % are throttled by chance', () => {
  it.each(seeds)('stay well above 5 per second, with seed %d', async (seed) => {
    const server = noisy(0.08, seededRandom(seed));
    const { accepted } = await runLoad({ server, callers: 8, seconds: 60, seed });
    expect(accepted / 60).toBeGreaterThan(8);
  });

  it('are hardly slower if one reply in 500 is throttled', async () => {
    const server = noisy(0.002, seededRandom(5));
    const { accepted } = await runLoad({ server, callers: 8, seconds: 60 });
    // Eight callers with 150 ms for each call make 53 per second.
    expect(accepted / 60).toBeGreaterThan(45);
  });
});

describe('calls under a real limit', () => {
  it.each([
    ['10 per second, 40 callers', () => steady(10), 40, 10, 0.12],
    ['10 per second, 200 callers', () => steady(10), 200, 10, 0.3],
    ['200 per second, 200 callers', () => steady(200), 200, 200, 0.03],
    ['900 per minute, 40 callers, without Retry-After', () => byTheMinute(900, false), 40, 15, 0.2],
    ['900 per minute, 40 callers, with Retry-After', () => byTheMinute(900, true), 40, 15, 0.05],
  ])(
    'use the whole limit with few throttled replies: %s',
    async (_what, open, callers, perSecond, mostThrottled) => {
      const seconds = 120;
      const result = await runLoad({ server: open(), callers, seconds });
      const { accepted, throttled, throttledBySecond } = result;
      expect(accepted / seconds).toBeGreaterThan(perSecond * 0.9);
      expect(throttled / (accepted + throttled)).toBeLessThan(mostThrottled);
      // After the first seconds, only calls that were already in flight are throttled.
      expect(Math.max(...throttledBySecond.slice(5))).toBeLessThanOrEqual(
        Math.max(callers * 1.5, 60),
      );
    },
  );

  it('call a service that throttles every call about once a second', async () => {
    const { throttledBySecond } = await runLoad({ server: () => ({}), callers: 40, seconds: 60 });
    const later = throttledBySecond.slice(5);
    expect(later.reduce((sum, count) => sum + count, 0) / later.length).toBeLessThan(2);
  });

  it('are shared: a quiet process uses the rate of a busy process', async () => {
    const server = steady(20);
    const load = { server, callers: 40, processes: 4, seconds: 120 };
    const { accepted, throttled } = await runLoad(load);
    expect(accepted / 120).toBeGreaterThan(15);
    expect(throttled / (accepted + throttled)).toBeLessThan(0.25);
  });
});
