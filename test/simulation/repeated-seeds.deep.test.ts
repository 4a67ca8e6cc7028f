import { describe, expect, it } from 'vitest';
import { regressions } from './regressions.ts';
import { describeFailure } from './report.ts';
import { runSeed } from './run-seed.ts';

describe('a seed', () => {
  it.each([169, 1_001])('does the very same twice (%i)', async (seed) => {
    const [one, other] = [await runSeed(seed), await runSeed(seed)];
    expect(other.digest).toBe(one.digest);
    expect(other.executions).toBeGreaterThan(0);
  });

  it.each(regressions)('that once failed passes: $seed, $why', async ({ seed }) => {
    const result = await runSeed(seed);
    expect(result.violations.length === 0 ? '' : describeFailure(result)).toBe('');
  });
});
