import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, platform, totalmem } from 'node:os';
import Table from 'cli-table3';
import { formatBytes } from '#local/terminal/size.ts';
import type { Bound } from './bounds.ts';
import type { Row } from './compare.ts';
import type { CallCounts } from './count-calls.ts';
import { GiB, type Shape, shapeName } from './plan.ts';

/** The results of one run of the bench. */
export interface Findings {
  readonly runs: number;
  readonly rows: readonly Row[];
  readonly counts: CallCounts;
  readonly bounds: readonly Bound[];
  /** Lines about measurements that were not made, with reasons. */
  readonly omitted: readonly string[];
}

const resultsFolder = new URL('./results/', import.meta.url);

const notes: readonly string[] = [
  'Each mover runs in its own process, alternates with the others, and first moves an object unmeasured.',
  'Movers in Node use the Node options of the deployed SendChunks function. Three processes share the cores',
  'with a mover: S3 (a small server; s3rver would use as much CPU as the movers), the upload host (the',
  'TwelveLabs simulator, which hashes every byte as real storage does, and discards it) and DynamoDB',
  '(dynalite). Read the numbers as ratios.',
  'MB/s and CPU are medians. RSS is the peak of one process, including the load of its modules (of the',
  'curl pipeline: of its largest process). Pipes and curl get all upload URLs in advance. The send path',
  'requests its own, stores a proof for every chunk, reports the proofs, and compares every ETag.',
];

/** Prints the tables of speed, CPU time and memory, with notes. */
export function printTables({ rows, runs, omitted }: Findings): void {
  for (const group of groupRows(rows)) print(tableOf(group, runs));
  print(`\n${[...notes, ...omitted].join('\n')}`);
}

/** Prints the call counts and all limits. */
export function printBounds({ counts, bounds }: Findings): void {
  print(`\n${countsText(counts)}`);
  for (const bound of bounds) print(boundText(bound));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Writes the findings as JSON into `bench/results`. */
export async function writeFindings(findings: Findings): Promise<void> {
  const machine = {
    platform: platform(),
    cores: availableParallelism(),
    cpu: cpus()[0]?.model,
    memoryBytes: totalmem(),
    node: process.version,
  };
  await mkdir(resultsFolder, { recursive: true });
  const text = JSON.stringify({ at: new Date().toISOString(), machine, ...findings }, null, 2);
  await writeFile(new URL('latest.json', resultsFolder), `${text}\n`);
}

/** Groups the rows by size and shape. */
function groupRows(rows: readonly Row[]): Row[][] {
  return [...Map.groupBy(rows, ({ sizeBytes, shape }) => titleOf(sizeBytes, shape)).values()];
}

function titleOf(sizeBytes: number, shape: Shape): string {
  return `${formatBytes(sizeBytes)}, ${shapeName(shape)}`;
}

function tableOf(rows: readonly Row[], runs: number): string {
  const [first] = rows;
  if (!first) return '';
  const table = new Table({
    head: ['', 'MB/s', 'from – to', 'CPU s/GiB', 'peak RSS MiB'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  table.push(...rows.map(cellsOf));
  const times = runs === 1 ? 'one run' : `median of ${runs} runs`;
  return `\n${titleOf(first.sizeBytes, first.shape)} in flight, ${times}\n${table}`;
}

function cellsOf(row: Row): string[] {
  const { sizeBytes, runs } = row;
  const rates = runs.map(({ seconds }) => sizeBytes / 1e6 / seconds);
  const rss = row.peakRssBytes / 1024 ** 2;
  return [
    row.mover,
    row.megabytesPerSecond.toFixed(0),
    `${Math.min(...rates).toFixed(0)} – ${Math.max(...rates).toFixed(0)}`,
    row.cpuSecondsPerGib.toFixed(2),
    Number.isNaN(rss) ? '–' : rss.toFixed(0),
  ];
}

function countsText(counts: CallCounts): string {
  const { sizeBytes, chunkSizeBytes, chunks, ranges } = counts;
  const plan = sizeBytes < 4 * GiB ? ' (the plan of 4 GiB in chunks of 5 MiB)' : '';
  return [
    `Counts of one transfer through the whole state machine, of ${formatBytes(sizeBytes)} in chunks of ${formatBytes(chunkSizeBytes)}${plan}:`,
    `${chunks} chunks in ${ranges} ranges: ${counts.heads} HEAD, ${counts.gets} GETs, ${counts.puts} PUTs, ${counts.presigns} presigned-URL calls, ${counts.reports} reports, ${counts.transitions} state transitions without poll rounds.\n`,
  ].join('\n');
}

function boundText({ name, measured, rule, limit, verdict }: Bound): string {
  const value = Number.isInteger(measured) ? String(measured) : measured.toFixed(2);
  const found = verdict === 'not measured' ? '' : `${value}, `;
  return `${verdict.padEnd(13)}  ${name}: ${found}limit ${rule} ${limit}`;
}
