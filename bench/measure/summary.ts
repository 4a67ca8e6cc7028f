import type { MoverName, Row } from '../plan/rows.ts';
import { GiB } from '../plan/shapes.ts';
import type { RowRuns } from './run-row.ts';
import { type Quartiles, quartilesOf } from './statistics.ts';
import type { Usage } from './usage.ts';

const MiB = 1024 * 1024;

/** The runs of one mover in one row, as numbers of the report. */
export interface MoverSummary {
  /** Millions of bytes a second. */
  readonly megabytesPerSecond: Quartiles;
  readonly cpuSecondsPerGib: Quartiles;
  /** Absent if the platform does not report it. */
  readonly peakRssMib?: Quartiles | undefined;
  readonly runs: number;
}

export type RowSummary = Readonly<Partial<Record<MoverName, MoverSummary>>>;

/** Summarizes the runs of a row by mover. */
export function summarizeRow(row: Row, runs: RowRuns): RowSummary {
  const entries = Object.entries(runs) as [MoverName, readonly Usage[]][];
  return Object.fromEntries(entries.map(([mover, usages]) => [mover, summarize(row, usages)]));
}

function summarize({ sizeBytes, objects }: Row, usages: readonly Usage[]): MoverSummary {
  const bytes = sizeBytes * objects;
  const peaks = usages.flatMap(({ peakRssBytes }) => peakRssBytes ?? []);
  return {
    megabytesPerSecond: quartilesOf(usages.map(({ seconds }) => bytes / 1e6 / seconds)),
    cpuSecondsPerGib: quartilesOf(usages.map(({ cpuSeconds }) => cpuSeconds / (bytes / GiB))),
    ...(peaks.length > 0 && { peakRssMib: quartilesOf(peaks.map((peak) => peak / MiB)) }),
    runs: usages.length,
  };
}
