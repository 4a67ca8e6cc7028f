import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import type { RecordedBill } from '../cost/recorded-bill.ts';
import type { Quartiles } from '../measure/statistics.ts';
import type { RowSummary } from '../measure/summary.ts';
import type { Finding } from '../plan/measures.ts';

/** When, where and of what something was measured. It has no name of a host or a user. */
export interface Provenance {
  readonly date: string;
  readonly commit: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
}

export interface RecordedFinding extends Quartiles, Provenance {
  readonly runs: number;
}

export interface RecordedRow extends Provenance {
  readonly movers: RowSummary;
}

/** The committed results: the newest of each row, measure and bill. */
export interface Results {
  readonly rows: Readonly<Record<string, RecordedRow>>;
  readonly measures: Readonly<Record<string, RecordedFinding>>;
  readonly bills: Readonly<Record<string, RecordedBill & Provenance>>;
}

/** The file that `--record` writes. */
export const resultsFile = new URL('../results/performance.json', import.meta.url);

/** A smaller change is the noise of a shared machine. */
const noticedChange = 0.1;

const digits = 4;

/** Returns the committed results; empty before the first record. */
export function readResults(file: URL = resultsFile): Results {
  if (!existsSync(file)) return { rows: {}, measures: {}, bills: {} };
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Writes results, with few digits: more would only be noise in a diff. */
export function writeResults(results: Results, file: URL = resultsFile): void {
  const round = (_key: string, value: unknown) =>
    typeof value === 'number' ? Number(value.toPrecision(digits)) : value;
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, round, 2)}\n`);
}

/** Returns where and of what this process measures. */
export function provenance(): Provenance {
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: commitOf(),
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
  };
}

/** Returns the commit, with a plus if the measured files differ from it. */
function commitOf(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const isChanged = git('status', '--porcelain', '--', 'src', 'functions', 'local') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? '+' : ''}`;
  } catch {
    return 'unknown';
  }
}

/** Returns the results with the newly measured ones in place of the old. */
export function withNew(
  results: Results,
  rows: Readonly<Record<string, RowSummary>>,
  findings: readonly Finding[],
  at: Provenance,
): Results {
  const recordedRows = Object.entries(rows).map(([id, movers]) => [id, { ...at, movers }]);
  const recorded = findings
    .filter(({ verdict }) => verdict !== 'not run')
    .map(({ id, lower, median, upper, runs }) => [id, { lower, median, upper, runs, ...at }]);
  return {
    ...results,
    rows: { ...results.rows, ...Object.fromEntries(recordedRows) },
    measures: { ...results.measures, ...Object.fromEntries(recorded) },
  };
}

/** Returns a line for each value that changed by more than 10 % since it was recorded. */
export function changeLines(
  recorded: Readonly<Record<string, Pick<RecordedFinding, 'median' | 'date' | 'commit'>>>,
  found: readonly { readonly id: string; readonly median: number }[],
): string[] {
  return found.flatMap(({ id, median }) => {
    const before = recorded[id];
    if (!before || Number.isNaN(median)) return [];
    const change = median / before.median - 1;
    if (Math.abs(change) <= noticedChange) return [];
    const percent = `${change > 0 ? '+' : ''}${(change * 100).toFixed(0)} %`;
    const was = `${before.median.toPrecision(3)} on ${before.date} (${before.commit})`;
    return [`changed ${percent}: ${id}: ${median.toPrecision(3)}, was ${was}`];
  });
}
