import { formatBytes } from '#local/terminal/size.ts';
import type { Row } from './compare.ts';
import type { CallCounts } from './count-calls.ts';
import { boundShape, GiB, largestShape, type MoverName, shapeName } from './plan.ts';

const MiB = 1024 * 1024;

/** InspectSource reads one byte: nothing is created for an object whose bytes are denied. */
const getsOfInspectSource = 1;

/** A limit and the measured value. */
export interface Bound {
  readonly name: string;
  /** NaN if the runs that it needs were not made. */
  readonly measured: number;
  readonly rule: 'at least' | 'at most' | 'below' | 'exactly';
  readonly limit: number;
  readonly verdict: 'holds' | 'does not hold' | 'not measured';
}

function boundOf(name: string, measured: number, rule: Bound['rule'], limit: number): Bound {
  const isMet = {
    'at least': measured >= limit,
    'at most': measured <= limit,
    below: measured < limit,
    exactly: measured === limit,
  }[rule];
  const verdict = Number.isNaN(measured) ? 'not measured' : isMet ? 'holds' : 'does not hold';
  return { name, measured, rule, limit, verdict };
}

/** Checks the limits of speed, CPU time and memory. They depend on the machine. */
export function performanceBounds(rows: readonly Row[]): Bound[] {
  const sizes = [...new Set(rows.map(({ sizeBytes }) => sizeBytes))];
  return [...sizes.flatMap((size) => speedBounds(rows, size)), ...memoryBounds(rows)];
}

/** Checks the limits of calls and state transitions. They hold on every machine. */
export function callBounds(counts: CallCounts): Bound[] {
  const getsPerChunk = (counts.gets - getsOfInspectSource) / counts.chunks;
  return [
    boundOf('HEADs an object', counts.heads, 'exactly', 1),
    boundOf(
      'GETs a chunk, apart from that of one byte in InspectSource',
      getsPerChunk,
      'exactly',
      1,
    ),
    boundOf('PUTs a chunk', counts.puts / counts.chunks, 'exactly', 1),
    boundOf('presigned-URL calls a range', counts.presigns / counts.ranges, 'exactly', 1),
    boundOf('reports a range', counts.reports / counts.ranges, 'exactly', 1),
    boundOf('state transitions of 4 GiB in 5 MiB chunks', counts.transitions, 'at most', 65),
  ];
}

/** Compares medians. All movers of one size ran alternately, on the same servers. */
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
    boundOf(`${size}: MB/s, times the curl pipeline's`, speed(curl), 'at least', 1),
    boundOf(`${size}: MB/s, times the SDK helper's`, speed(helper), 'at least', 3),
    boundOf(`${size}: CPU per GiB, times the bare pipe's with MD5`, cpu, 'at most', 1.2),
  ];
}

function memoryBounds(rows: readonly Row[]): Bound[] {
  const ours = rows.filter(({ mover }) => mover === 'send path');
  const peak = (sizeBytes: number) =>
    ours.find((r) => r.sizeBytes === sizeBytes && r.shape === boundShape)?.peakRssBytes ??
    Number.NaN;
  const peaks = ours
    .filter(({ shape }) => shape === largestShape)
    .flatMap(({ runs }) => runs.map((run) => run.peakRssBytes ?? Number.NaN));
  const worst = peaks.length > 0 ? Math.max(...peaks) / MiB : Number.NaN;
  const growth = peak(8 * GiB) / peak(2 * GiB);
  const shape = shapeName(largestShape);
  return [
    boundOf('peak RSS at 8 GiB, times that at 2 GiB', growth, 'at most', 1.25),
    boundOf(`peak RSS in MiB at ${shape}, the worst of all runs`, worst, 'below', 256),
  ];
}
