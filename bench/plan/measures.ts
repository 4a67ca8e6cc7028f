import { type Quartiles, quartilesOf } from '../measure/statistics.ts';
import type { Usage } from '../measure/usage.ts';
import type { MoverName } from './rows.ts';

const MiB = 1024 * 1024;

/** The runs of all measured rows, by row. */
export type Runs = Readonly<Record<string, Readonly<Partial<Record<MoverName, readonly Usage[]>>>>>;

/** A limit of a value. */
export interface Limit {
  readonly rule: 'at least' | 'at most' | 'below';
  readonly value: number;
}

/** A number that a run of the bench finds, with its limit if it has one. */
export interface Measure {
  readonly id: string;
  readonly name: string;
  readonly unit: '×' | 'MiB' | 's';
  readonly limit?: Limit | undefined;
  /** The rows that it needs. */
  readonly rows: readonly string[];
  /** Returns one value for each run; empty if a row or a mover was not run. */
  series(runs: Runs): number[];
  /** The worst run decides, not the median. */
  readonly isWorst?: boolean;
}

export type Verdict = 'holds' | 'falls short' | 'not run' | 'no bound';

/** A measured value. */
export interface Finding extends Quartiles {
  readonly id: string;
  readonly runs: number;
  readonly verdict: Verdict;
}

const plain: MoverName = 'send path';
const checked: MoverName = 'send path, CRC64NVME';
const curl: MoverName = 'curl | tee md5sum | curl';
const helper: MoverName = 'SDK helper after download';
const pipe: MoverName = 'bare undici pipe, MD5';
const rclone: MoverName = 'rclone copyto';
const ingest: MoverName = 'ingest command';
const npmIngest: MoverName = 'npm run ingest';

const atLeast = (value: number): Limit => ({ rule: 'at least', value });
const atMost = (value: number): Limit => ({ rule: 'at most', value });

/** Divides the speeds of one run by those of the other mover in the same run. */
function speed(row: string, of: MoverName, to: MoverName, limit?: Limit): Measure {
  return ratio(row, of, to, 'speed', (ours, theirs) => theirs.seconds / ours.seconds, limit);
}

/** Divides the CPU times. Both movers move the same bytes. */
function cpu(row: string, of: MoverName, to: MoverName, limit?: Limit): Measure {
  return ratio(row, of, to, 'CPU', (ours, theirs) => ours.cpuSeconds / theirs.cpuSeconds, limit);
}

function ratio(
  row: string,
  of: MoverName,
  to: MoverName,
  what: 'speed' | 'CPU',
  divide: (ours: Usage, theirs: Usage) => number,
  limit: Limit | undefined,
): Measure {
  return {
    id: `${row}: ${what} of ${of} / ${to}`,
    name: `${of}: ${what}, times that of ${to}`,
    unit: '×',
    limit,
    rows: [row],
    series: (runs) => {
      const ours = runs[row]?.[of] ?? [];
      const theirs = runs[row]?.[to] ?? [];
      return ours.flatMap((usage, n) => (theirs[n] ? [divide(usage, theirs[n])] : []));
    },
  };
}

function peaks(row: string, mover: MoverName): (runs: Runs) => number[] {
  return (runs) =>
    (runs[row]?.[mover] ?? []).flatMap(({ peakRssBytes }) =>
      peakRssBytes === undefined ? [] : [peakRssBytes / MiB],
    );
}

function worstPeak(row: string, mover: MoverName): Measure {
  return {
    id: `${row}: peak RSS of ${mover}`,
    name: `${mover}: peak RSS of the worst run`,
    unit: 'MiB',
    limit: { rule: 'below', value: 200 },
    rows: [row],
    series: peaks(row, mover),
    isWorst: true,
  };
}

/** Compares the memory of a large object with that of a smaller one, in the runs of one call. */
function growth(mover: MoverName): Measure {
  const [large, small] = ['8GiB/16MiB', '2GiB/16MiB'] as const;
  return {
    id: `${large}: peak RSS of ${mover} / ${small}`,
    name: `${mover}: peak RSS, times that at 2 GiB`,
    unit: '×',
    limit: atMost(1.1),
    rows: [large, small],
    series: (runs) => {
      const below = peaks(small, mover)(runs);
      return peaks(large, mover)(runs).flatMap((peak, n) => (below[n] ? [peak / below[n]] : []));
    },
  };
}

function start(
  id: string,
  name: string,
  unit: 's' | 'MiB',
  limit: number,
  value: (usage: Usage) => number | undefined,
): Measure {
  return {
    id: `start: ${id}`,
    name: `npm run ingest: ${name}`,
    unit,
    limit: atMost(limit),
    rows: ['start'],
    series: (runs) => (runs.start?.[npmIngest] ?? []).flatMap((usage) => value(usage) ?? []),
  };
}

/** All measures in the order of the report. A limit is that of the project's goals for the path of users. */
export const measures: readonly Measure[] = [
  speed('2GiB/16MiB', checked, curl, atLeast(1.6)),
  speed('2GiB/16MiB', checked, helper, atLeast(3.5)),
  cpu('2GiB/16MiB', checked, pipe, atMost(1.4)),
  speed('2GiB/16MiB', plain, curl),
  cpu('2GiB/16MiB', plain, pipe, atMost(1.1)),
  cpu('2GiB/5MiB', checked, pipe),
  cpu('2GiB/5MiB', plain, pipe, atMost(1.25)),
  speed('2GiB/5MiB', checked, curl),
  cpu('2GiB/64MiB', checked, pipe),
  cpu('2GiB/64MiB', plain, pipe),
  speed('2GiB/64MiB', checked, curl),
  ...['64MiB/5MiB', '64MiB/16MiB', '64MiB/64MiB'].flatMap((row) => [
    speed(row, checked, curl, atLeast(1)),
    speed(row, plain, curl, atLeast(1)),
    cpu(row, checked, pipe),
  ]),
  speed('8GiB/16MiB', checked, curl),
  cpu('8GiB/16MiB', checked, pipe),
  speed('tls', checked, curl),
  cpu('tls', checked, pipe),
  speed('rclone', checked, rclone, atLeast(1.1)),
  cpu('rclone', checked, rclone),
  speed('ingest', ingest, rclone, atLeast(0.9)),
  cpu('ingest', ingest, rclone),
  worstPeak('2GiB/64MiB', checked),
  worstPeak('2GiB/64MiB', plain),
  growth(checked),
  growth(plain),
  start(
    'first GET',
    'time until its first GET',
    's',
    1.2,
    ({ firstGetSeconds }) => firstGetSeconds,
  ),
  start('peak RSS', 'peak RSS', 'MiB', 250, ({ peakRssBytes }) =>
    peakRssBytes === undefined ? undefined : peakRssBytes / MiB,
  ),
];

/** Evaluates all measures. A measure without its rows is `not run`, and does not count as held. */
export function evaluate(runs: Runs): Finding[] {
  return measures.map((measure) => {
    const series = measure.series(runs);
    const found = summarize(series, measure.isWorst ?? false);
    const verdict = verdictOf(series.length > 0 ? found.median : undefined, measure.limit);
    return { id: measure.id, ...found, runs: series.length, verdict };
  });
}

/** With `isWorst`, the largest value takes the place of the median. */
function summarize(series: readonly number[], isWorst: boolean): Quartiles {
  const quartiles = quartilesOf(series);
  return isWorst && series.length > 0 ? { ...quartiles, median: Math.max(...series) } : quartiles;
}

/** Judges a value, which is undefined if it was not measured. */
export function verdictOf(value: number | undefined, limit: Limit | undefined): Verdict {
  if (value === undefined || Number.isNaN(value)) return 'not run';
  if (!limit) return 'no bound';
  const isMet = {
    'at least': value >= limit.value,
    'at most': value <= limit.value,
    below: value < limit.value,
  }[limit.rule];
  return isMet ? 'holds' : 'falls short';
}
