import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, platform, totalmem } from 'node:os';
import Table from 'cli-table3';
import { formatBytes } from '#local/commands/size.ts';
import type { Bound } from './bounds.ts';
import type { Row } from './compare.ts';
import type { CallCounts } from './count-calls.ts';
import { GiB, type Shape, shapeName } from './plan.ts';

/** All that one run of the bench found out. */
export interface Findings {
  readonly runs: number;
  readonly rows: readonly Row[];
  readonly counts: CallCounts;
  readonly bounds: readonly Bound[];
  /** Lines on what was left out, and why. */
  readonly leftOut: readonly string[];
}

const resultsFolder = new URL('./results/', import.meta.url);

const notes: readonly string[] = [
  'Every mover runs in a process of its own, in turn with the others, and first moves 64 MiB unmeasured.',
  'Those in Node have the options with which the sending function deploys. Three more processes share the',
  'cores with them: S3 (a small server made for this, as s3rver spends as much CPU as the movers), the',
  'upload host (the TwelveLabs simulator, which hashes every byte as real storage does, and drops it) and',
  'DynamoDB (dynalite). Read the numbers as ratios.',
  'MB/s and CPU are medians; RSS is the peak of one process, loading included (of the curl pipeline: of',
  'its largest process). Pipes and curl are given all their upload addresses beforehand; the send path',
  'fetches its own, keeps a proof for every chunk, reports them, and compares every ETag.',
];

/** Prints tables, notes and bounds. */
export function printFindings(findings: Findings): void {
  const print = (text: string) => void process.stdout.write(`${text}\n`);
  for (const rows of grouped(findings.rows)) print(tableOf(rows, findings.runs));
  print(`\n${[...notes, ...findings.leftOut].join('\n')}\n`);
  print(countsText(findings.counts));
  for (const bound of findings.bounds) print(boundText(bound));
}

/** Writes the same as JSON, beside the bench. */
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

/** One table a size and shape. */
function grouped(rows: readonly Row[]): Row[][] {
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
  const stands = sizeBytes < 4 * GiB ? ', which stand for 4 GiB in chunks of 5 MiB' : '';
  return [
    `Counted in one transfer by the whole state machine, of ${formatBytes(sizeBytes)} in chunks of ${formatBytes(chunkSizeBytes)}${stands}:`,
    `${chunks} chunks in ${ranges} ranges: ${counts.heads} HEAD, ${counts.gets} GETs, ${counts.puts} PUTs, ${counts.presigns} presigned-URL calls, ${counts.reports} reports, ${counts.transitions} state transitions apart from poll rounds.\n`,
  ].join('\n');
}

function boundText({ what, measured, rule, limit, verdict }: Bound): string {
  const value = Number.isInteger(measured) ? String(measured) : measured.toFixed(2);
  const found = verdict === 'not measured' ? '' : `${value}, `;
  return `${verdict.padEnd(12)}  ${what}: ${found}${rule} ${limit}`;
}
