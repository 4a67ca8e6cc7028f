import { formatBytes } from '#local/commands/size.ts';
import type { Row } from './compare.ts';
import type { CallCounts } from './count-calls.ts';
import { boundShape, GiB, largestShape, type MoverName, shapeName } from './plan.ts';

const MiB = 1024 * 1024;

/** A promise and what was measured of it. */
export interface Bound {
  readonly what: string;
  /** NaN where what it needs was not run. */
  readonly measured: number;
  readonly rule: 'at least' | 'at most' | 'below' | 'exactly';
  readonly limit: number;
  readonly verdict: 'holds' | 'falls short' | 'not measured';
}

function bound(what: string, measured: number, rule: Bound['rule'], limit: number): Bound {
  const holds = {
    'at least': measured >= limit,
    'at most': measured <= limit,
    below: measured < limit,
    exactly: measured === limit,
  }[rule];
  const verdict = Number.isNaN(measured) ? 'not measured' : holds ? 'holds' : 'falls short';
  return { what, measured, rule, limit, verdict };
}

/** Judges all that was measured. */
export function judgeBounds(rows: readonly Row[], counts: CallCounts): Bound[] {
  const sizes = [...new Set(rows.map(({ sizeBytes }) => sizeBytes))];
  return [
    ...sizes.flatMap((size) => speedBounds(rows, size)),
    ...memoryBounds(rows),
    ...callBounds(counts),
  ];
}

/** Ratios of medians: every mover of one size ran in turn with the others, on the same servers. */
function speedBounds(rows: readonly Row[], sizeBytes: number): Bound[] {
  const find = (mover: MoverName) =>
    rows.find((r) => r.mover === mover && r.sizeBytes === sizeBytes && r.shape === boundShape);
  const [ours, curl, helper, pipe] = [
    find('send path'),
    find('curl | tee md5sum | curl'),
    find('SDK helper after download'),
    find('bare undici pipe, MD5'),
  ];
  const size = formatBytes(sizeBytes);
  const speed = (other: Row | undefined) =>
    ours && other ? ours.megabytesPerSecond / other.megabytesPerSecond : Number.NaN;
  const cpu = ours && pipe ? ours.cpuSecondsPerGib / pipe.cpuSecondsPerGib : Number.NaN;
  return [
    bound(`${size}: MB/s, times the curl pipeline's`, speed(curl), 'at least', 1),
    bound(`${size}: MB/s, times the SDK helper's`, speed(helper), 'at least', 3),
    bound(`${size}: CPU per GiB, times the bare pipe's with MD5`, cpu, 'at most', 1.2),
  ];
}

function memoryBounds(rows: readonly Row[]): Bound[] {
  const ours = rows.filter(({ mover }) => mover === 'send path');
  const peak = (sizeBytes: number) =>
    ours.find((r) => r.sizeBytes === sizeBytes && r.shape === boundShape)?.peakRssBytes ??
    Number.NaN;
  const largest = ours
    .filter(({ shape }) => shape === largestShape)
    .flatMap(({ runs }) => runs.map((run) => run.peakRssBytes ?? Number.NaN));
  const worst = largest.length > 0 ? Math.max(...largest) / MiB : Number.NaN;
  const shape = shapeName(largestShape);
  return [
    bound('peak RSS at 8 GiB, times that at 2 GiB', peak(8 * GiB) / peak(2 * GiB), 'at most', 1.25),
    bound(`peak RSS in MiB at ${shape}, the worst of all runs`, worst, 'below', 256),
  ];
}

function callBounds(counts: CallCounts): Bound[] {
  return [
    bound('HEADs an object', counts.heads, 'exactly', 1),
    bound('GETs a chunk', counts.gets / counts.chunks, 'exactly', 1),
    bound('PUTs a chunk', counts.puts / counts.chunks, 'exactly', 1),
    bound('presigned-URL calls a range', counts.presigns / counts.ranges, 'exactly', 1),
    bound('reports a range', counts.reports / counts.ranges, 'exactly', 1),
    bound('state transitions of 4 GiB in 5 MiB chunks', counts.transitions, 'at most', 65),
  ];
}
