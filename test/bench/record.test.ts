import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../bench/plan/measures.ts';
import {
  changeLines,
  provenance,
  readResults,
  withNew,
  writeResults,
} from '../../bench/report/record.ts';

const at = { date: '2026-11-28', commit: 'abc1234', node: 'v24.0.0', cpu: 'a CPU', cores: 2 };
const empty = { rows: {}, measures: {}, bills: {} };
const found = (id: string, median: number): Finding => ({
  id,
  median,
  lower: median,
  upper: median,
  runs: 9,
  verdict: Number.isNaN(median) ? 'not run' : 'holds',
});

describe('the recorded results', () => {
  it('keep what was not measured again', () => {
    const first = withNew(empty, {}, [found('a', 1), found('b', 2)], at);
    const second = withNew(first, {}, [found('a', Number.NaN), found('b', 3)], at);
    expect(second.measures.a?.median).toBe(1);
    expect(second.measures.b).toEqual({ lower: 3, median: 3, upper: 3, runs: 9, ...at });
  });

  it('are the same after they were written and read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'results-'));
    try {
      const file = pathToFileURL(join(folder, 'results.json'));
      expect(readResults(file)).toEqual(empty);
      const results = withNew(empty, {}, [found('a', 1.25)], at);
      writeResults(results, file);
      expect(readResults(file)).toEqual(results);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('have a date, a commit, Node and a CPU, and no name of a host or user', () => {
    expect(Object.keys(provenance())).toEqual(['date', 'commit', 'node', 'cpu', 'cores']);
  });
});

it('a run names what changed by more than 10 %', () => {
  const { measures } = withNew(
    empty,
    {},
    ['a', 'b', 'c'].map((id) => found(id, 1)),
    at,
  );
  const fresh = [found('a', 1.09), found('b', 0.85), found('c', Number.NaN), found('new', 5)];
  expect(changeLines(measures, fresh)).toEqual([
    'changed -15 %: b: 0.850, was 1.00 on 2026-11-28 (abc1234)',
  ]);
});
