import { describe, expect, it } from 'vitest';
import { billDollars } from './bill-dollars.ts';
import { countPlans, countTransfers } from './count-transfers.ts';
import recorded from './counted-bills.json' with { type: 'json' };

describe('the recorded counts of other destinations', () => {
  it('are within 3 % of those of transfers now', { timeout: 240_000 }, async () => {
    const counted = await countTransfers(countPlans);
    for (const [index, { filename, units }] of counted.entries()) {
      const before = billDollars(recorded[index]?.units ?? {});
      expect(Math.abs(billDollars(units) / before - 1), filename).toBeLessThan(0.03);
    }
    expect(counted).toHaveLength(recorded.length);
  });
});
