import { beforeAll, describe, expect, it } from 'vitest';
import { overtakenBy, printLoad, tenthsOf } from './load-table.ts';
import { type LoadReport, runLoad } from './run-load.ts';

const load = { objects: 400, maxActiveTransfers: 20, seed: 1, killedShare: 0.02 };

let report: LoadReport;
beforeAll(async () => {
  report = await runLoad(load);
  printLoad(report, console.log);
}, 240_000);

/** `npm run test:queue` runs the same with 10,000 objects. */
describe(`${load.objects} objects that arrive at once, with throttling and crashes`, () => {
  it('all end ready', () => {
    const statuses = report.runs.map(({ last }) => last.status);
    expect(statuses.filter((s) => s !== 'ready' && s !== 'already-ingested')).toEqual([]);
  });

  it('all arrive complete', async () => {
    const { service } = report.harness;
    const arrived = report.runs.map(({ last }) => service.storedSha256(String(last.assetId)));
    expect(await Promise.all(arrived)).toEqual([...report.digests.values()]);
  });

  it('become one asset each', async () => {
    expect(await report.harness.service.assetIds()).toHaveLength(load.objects);
  });

  it('are reported ready once each', () => {
    const ready = report.harness.events.outcomes.filter(({ type }) => type === 'Transfer Ready');
    expect(ready).toHaveLength(load.objects);
  });

  it('never send more at once than the number of slots', () => {
    expect(report.harness.serviceWatch.mostActive).toBe(load.maxActiveTransfers);
  });

  it('never call the service during a Retry-After', () => {
    expect(report.harness.serviceWatch.rude).toBe(0);
  });

  it('start in order of arrival, within as many positions as slots', () => {
    expect(overtakenBy(report.undisturbedStarts, load.maxActiveTransfers)).toEqual([]);
  });

  it('cost the same number of transitions after the longest and the shortest wait', () => {
    const { first, last } = tenthsOf(report);
    expect(last.waitedSeconds).toBeGreaterThan(3 * first.waitedSeconds);
    expect(Math.abs(last.transitions / first.transitions - 1)).toBeLessThan(0.1);
  });

  it('leave no ticket and no slot', () => {
    const { queue } = report.harness;
    expect([queue.tickets(), [...queue.held.values()]]).toEqual([[], []]);
  });
});

describe('the order of starts', () => {
  it.each([
    [[1, 2, 3, 4], 0, []],
    [[2, 1, 4, 3], 0, []],
    [[3, 2, 1], 0, [3]],
    [[3, 2, 1], 1, [3]],
    [[3, 2, 1], 2, []],
  ])('of %j with 2 slots, each lost %i times, overtakes %j', (numbers, lostSlots, overtaken) => {
    const starts = numbers.map((ticketNumber) => ({ ticketNumber, lostSlots }));
    expect(overtakenBy(starts, 2)).toEqual(overtaken);
  });
});
