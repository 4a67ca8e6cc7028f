import { billAssumptions as assumptions } from '#local/prices/bill-assumptions.ts';
import prices from '#local/prices/prices.json' with { type: 'json' };
import { plannedBytesPerSecond } from '#src/core/limits/limits.ts';
import { chunkCount } from '#src/core/transfer/chunk-plan.ts';
import { type ChunkPlan, type UnitLine, unitsOf } from './units.ts';

/** What is to be moved, and the bounds of the stack that moves it. */
export interface Workload extends ChunkPlan {
  readonly bytes: number;
  readonly objects: number;
  readonly activeTransfers: number;
  /** Ranges that one transfer sends at once. */
  readonly mapConcurrency: number;
  /** Ranges that the stack sends at once. */
  readonly senders: number;
}

/** Where the upload host is, as seen from the stack's Region. */
export const hostPlaces = ['same', 'other', 'internet'] as const;
export type HostPlace = (typeof hostPlaces)[number];

/** One line of the bill. */
export interface BillLine extends UnitLine {
  readonly dollars: number;
}

/** A bill and a time, from the least to the most. */
export interface Estimate {
  readonly lines: readonly BillLine[];
  readonly dollars: number;
  /** Traffic out of the Region, in dollars. */
  readonly traffic: Range;
  readonly seconds: Range;
}

/** From the least to the most. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

/** Seconds of a transfer besides its bytes: opening, confirming, waiting. An assumption, not a measurement. */
const secondsPerTransfer = 10;

/** Estimates bill and time. Without a place of the upload host, the traffic is a range over all places. */
export function estimate(workload: Workload, host: HostPlace | undefined): Estimate {
  const { bytes, objects } = workload;
  const lines = unitsOf(averageSize(workload), workload).map((line) => {
    const quantity = line.quantity * objects;
    return { ...line, quantity, dollars: quantity * prices[line.price].value };
  });
  const traffic = (place: HostPlace) => (bytes / 1e9) * dollarsPerGb[place];
  return {
    lines,
    dollars: lines.reduce((sum, line) => sum + line.dollars, 0),
    traffic: { least: traffic(host ?? 'same'), most: traffic(host ?? 'internet') },
    seconds: secondsOf(workload),
  };
}

const dollarsPerGb: Readonly<Record<HostPlace, number>> = {
  same: 0,
  other: prices.egressOtherRegionGb.value,
  internet: prices.egressInternetGb.value,
};

function secondsOf(workload: Workload): Range {
  const { bytes, objects, ranges, activeTransfers, mapConcurrency, senders } = workload;
  const transfers = Math.min(activeTransfers, objects);
  const parallel = Math.min(senders, transfers * Math.min(ranges, mapConcurrency));
  const overhead = (objects / transfers) * secondsPerTransfer;
  const seconds = (bytesPerSecond: number, chunkMs: number) =>
    Math.max(bytes / bytesPerSecond, serialSeconds(workload, chunkMs)) / parallel + overhead;
  const { least, most } = assumptions.serialChunkMs;
  return {
    least: seconds(assumptions.sendBytesPerSecond, least),
    most: seconds(plannedBytesPerSecond, most),
  };
}

/** Returns how long the requests of a service take that takes one chunk at a time. */
function serialSeconds(workload: Workload, chunkMs: number): number {
  const { isSerial, objects } = workload;
  return isSerial ? (objects * averageChunks(workload) * chunkMs) / 1000 : 0;
}

/** The bytes and the number of objects. */
type Load = Pick<Workload, 'bytes' | 'objects'>;

/** Returns the size of an object of average size, at least one byte. */
export function averageSize({ bytes, objects }: Load): number {
  return Math.max(1, Math.round(bytes / objects));
}

/** Returns the chunks of one object of average size. */
export function averageChunks(load: Load & Pick<Workload, 'chunkSizeBytes'>): number {
  return chunkCount(averageSize(load), load.chunkSizeBytes);
}
