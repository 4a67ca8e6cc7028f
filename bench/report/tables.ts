import Table from 'cli-table3';
import type { Quartiles } from '../measure/statistics.ts';
import type { MoverSummary, RowSummary } from '../measure/summary.ts';
import { type Finding, type Measure, measures } from '../plan/measures.ts';
import type { Row } from '../plan/rows.ts';

/** A row that was run, or why it was not. */
export type RowOutcome =
  | { readonly row: Row; readonly summary: RowSummary }
  | { readonly row: Row; readonly notRun: string };

export const notes: readonly string[] = [
  'Each mover runs in its own process, alternates with the others, and first moves an object unmeasured.',
  'Whole commands have no such object. Movers in Node use the Node options of the deployed SendChunks',
  'function. Three processes share the cores with a mover: S3 (a small server; s3rver would use as much',
  'CPU as the movers), the upload host (the TwelveLabs simulator, which hashes every byte as real storage',
  'does, and discards it) and DynamoDB (dynalite). Read the numbers as ratios.',
  'Numbers are medians with quartiles. RSS is the peak of one process, including the load of its modules',
  '(of the curl pipeline: of its largest process). Pipes and curl get all upload URLs in advance. The send',
  'path requests its own, stores a proof for every chunk, reports the proofs, and compares every ETag.',
];

/** Returns the tables of speed, CPU time and memory. */
export function rowTables(outcomes: readonly RowOutcome[]): string {
  return outcomes.map(textOf).join('\n');
}

function textOf(outcome: RowOutcome): string {
  const { row } = outcome;
  const objects = row.objects > 1 ? `, ${row.objects} objects a run` : '';
  const title = `\n${row.id}: ${row.title}${objects}`;
  if ('notRun' in outcome) return `${title}\nnot run: ${outcome.notRun}`;
  const table = new Table({
    head: ['', 'MB/s', 'CPU s/GiB', 'peak RSS MiB', 'runs'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  table.push(...Object.entries(outcome.summary).map(cellsOf));
  return `${title}\n${table}`;
}

function cellsOf([mover, summary]: [string, MoverSummary]): string[] {
  const { megabytesPerSecond, cpuSecondsPerGib, peakRssMib, runs } = summary;
  return [
    mover,
    withQuartiles(megabytesPerSecond, 0),
    withQuartiles(cpuSecondsPerGib, 2),
    peakRssMib ? withQuartiles(peakRssMib, 0) : '–',
    String(runs),
  ];
}

/** Formats a median as `416 (403 – 427)`. */
export function withQuartiles({ lower, median, upper }: Quartiles, digits: number): string {
  return `${median.toFixed(digits)} (${lower.toFixed(digits)} – ${upper.toFixed(digits)})`;
}

/** Returns a line for each measured value, and for each value with a limit that was not measured. */
export function findingLines(findings: readonly Finding[]): string[] {
  return findings.flatMap((finding) => {
    const measure = measures.find(({ id }) => id === finding.id);
    if (!measure) return [];
    if (finding.verdict === 'not run' && !measure.limit) return [];
    return [`${finding.verdict.padEnd(11)}  ${measure.rows[0]}: ${valueText(measure, finding)}`];
  });
}

function valueText(measure: Measure, finding: Finding): string {
  const { limit, unit, name } = measure;
  const limitText = limit ? `; limit: ${limit.rule} ${limit.value}` : '';
  if (finding.verdict === 'not run') return `${name}${limitText}`;
  const digits = unit === 'MiB' ? 0 : 2;
  return `${name}: ${withQuartiles(finding, digits)} ${unit}${limitText}`;
}
