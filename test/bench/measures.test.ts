import { describe, expect, it } from 'vitest';
import { quartilesOf } from '../../bench/measure/statistics.ts';
import { sumUsages, type Usage } from '../../bench/measure/usage.ts';
import { evaluate, measures, type Runs, verdictOf } from '../../bench/plan/measures.ts';
import { rows } from '../../bench/plan/rows.ts';

const usage = (seconds: number, cpuSeconds = 1, peakRssBytes = 2 ** 20): Usage => ({
  startedAt: 0,
  seconds,
  cpuSeconds,
  peakRssBytes,
});

function finding(runs: Runs, id: string) {
  const found = evaluate(runs).find((one) => one.id === id);
  if (!found) throw new Error(`no measure ${id}`);
  return found;
}

describe('quartilesOf', () => {
  it('interpolates', () => {
    expect(quartilesOf([4, 1, 3, 2])).toEqual({ lower: 1.75, median: 2.5, upper: 3.25 });
    expect(quartilesOf([7])).toEqual({ lower: 7, median: 7, upper: 7 });
  });

  it('of nothing is NaN', () => {
    expect(quartilesOf([]).median).toBeNaN();
  });
});

it('the usage of several objects is a sum, its peak the largest, its start the first', () => {
  const usages = [usage(1, 2, 30), { ...usage(2, 3, 20), startedAt: 1_000 }];
  expect(sumUsages(usages)).toEqual(usage(3, 5, 30));
});

describe('a measure', () => {
  const id = '2GiB/16MiB: speed of send path, CRC64NVME / curl | tee md5sum | curl';

  it('divides the values of one run, and takes the median of the ratios', () => {
    const runs: Runs = {
      '2GiB/16MiB': {
        'send path, CRC64NVME': [usage(1), usage(2), usage(10)],
        'curl | tee md5sum | curl': [usage(2), usage(2), usage(50)],
      },
    };
    expect(finding(runs, id)).toMatchObject({ median: 2, runs: 3, verdict: 'holds' });
  });

  it('whose row or mover was not run is not held', () => {
    expect(finding({}, id)).toMatchObject({ runs: 0, verdict: 'not run' });
    const alone: Runs = { '2GiB/16MiB': { 'send path, CRC64NVME': [usage(1)] } };
    expect(finding(alone, id).verdict).toBe('not run');
  });

  it('of the peak memory judges the worst run', () => {
    const peaks = [100, 100, 201].map((mib) => usage(1, 1, mib * 2 ** 20));
    const runs: Runs = { '2GiB/64MiB': { 'send path': peaks } };
    const found = finding(runs, '2GiB/64MiB: peak RSS of send path');
    expect(found).toMatchObject({ median: 201, verdict: 'falls short' });
  });

  it.each([
    ['at least', 1, 1, 'holds'],
    ['at least', 0.99, 1, 'falls short'],
    ['at most', 1, 1, 'holds'],
    ['below', 1, 1, 'falls short'],
  ] as const)('%s: %d against %d %s', (rule, value, limit, verdict) => {
    expect(verdictOf(value, { rule, value: limit })).toBe(verdict);
  });

  it('names rows and movers that exist', () => {
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const measure of measures) {
      const runs: Runs = Object.fromEntries(
        measure.rows.map((row) => {
          const movers = byId.get(row)?.movers ?? [];
          const run = { ...usage(1), firstGetSeconds: 1 };
          return [row, Object.fromEntries(movers.map((mover) => [mover, [run]]))];
        }),
      );
      expect(measure.series(runs), measure.id).toHaveLength(1);
    }
  });
});
