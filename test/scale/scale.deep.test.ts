import { beforeAll, describe, expect, it } from 'vitest';
import { checkBounds } from './report/bounds.ts';
import { headText, scaleTables } from './report/tables.ts';
import { runScale, type ScaleReport } from './run/run-scale.ts';

// Calls of StartExecution for one of 1,000 objects differ by 6 % between seeds.
const loads = [2_000, 5_000];

let reports: ScaleReport[];

beforeAll(async () => {
  Error.stackTraceLimit = 0;
  reports = [];
  for (const objects of loads) reports.push(await runScale({ objects, seed: 1 }));
  console.log(`${headText()}\n${scaleTables(reports)}`);
}, 600_000);

/** `npm run scale` runs the same with 100,000 objects. */
describe(`loads of ${loads.join(' and ')} objects in virtual time`, () => {
  it('hold every bound on cost, calls, concurrency and waits', () => {
    const broken = checkBounds(reports).filter(({ isHeld }) => !isHeld);
    expect(broken).toEqual([]);
  });

  it('give the same numbers for the same seed', async () => {
    const [first] = reports;
    const again = await runScale({ objects: loads[0] ?? 0, seed: 1 });
    expect(again.virtualSeconds).toBe(first?.virtualSeconds);
    expect(again.tally.transitions.total).toBe(first?.tally.transitions.total);
  });
});
