import { billAssumptions as assumptions } from '#local/prices/bill-assumptions.ts';
import type prices from '#local/prices/prices.json';
import { chunkCount } from '#src/core/transfer/chunk-plan.ts';

/** One kind of billed unit. */
export interface UnitLine {
  readonly name: string;
  readonly price: keyof typeof prices;
  readonly quantity: number;
}

/**
 * Units of one transfer without failures: a constant, and what each range and each chunk adds. Fitted to
 * the counts of `npm run bench -- --cost`; a test compares.
 */
const units = {
  transitions: [12, 1, 0],
  requests: [6, 1, 0],
  historyEvents: [43, 7, 0],
  tableWrites: [17.1, 1.56, 1.08],
  indexWrites: [18, 0, 0],
  tableReads: [24.64, 4.42, 0.0585],
  s3Requests: [2, 0, 1],
  ownLogBytes: [1430, 1451, 15.3],
} as const;

/** What a call of the API for each chunk adds: the rows of its call budget. Fitted to the same counts. */
const perChunkCalls = { tableWrites: [8.6, 0, 1.67] } as const;

/** How a destination takes the chunks of an object. */
export interface ChunkPlan {
  readonly chunkSizeBytes: number;
  readonly ranges: number;
  /** Whether the service takes one chunk at a time. */
  readonly isSerial: boolean;
  /** Whether each chunk takes a call of the API. */
  readonly callsPerChunk: boolean;
}

/** The memory of SendChunks and of the other functions, in GB. */
const memoryGb = { send: 1, other: 0.5 };

const GB = 1e9;

/** Returns the billed units of one transfer of an object of this size, without traffic. */
export function unitsOf(sizeBytes: number, plan: ChunkPlan): UnitLine[] {
  const count: Count = (name) => countOf(name, sizeBytes, plan);
  return [
    ...runUnits(count, sizeBytes, plan),
    ...storeUnits(count),
    { name: 'GB of logs', price: 'logGb', quantity: logBytes(count) / GB },
    { name: 'published events', price: 'publishedEvent', quantity: 2 },
    { name: 'traces', price: 'trace', quantity: 1 },
  ];
}

/** Returns how many units of one kind the transfer has. */
type Count = (name: keyof typeof units) => number;

/** Returns what the state machine and its functions use. */
function runUnits(count: Count, sizeBytes: number, plan: ChunkPlan): UnitLine[] {
  const calls = count('requests');
  const otherSeconds = ((calls - plan.ranges) * assumptions.callMs) / 1000;
  return [
    { name: 'state transitions', price: 'stateTransition', quantity: count('transitions') },
    { name: 'Lambda requests', price: 'lambdaRequest', quantity: calls },
    {
      name: 'GB-seconds of sending',
      price: 'lambdaGbSecond',
      quantity: sendSecondsOf(sizeBytes, plan) * memoryGb.send,
    },
    {
      name: 'GB-seconds of other functions',
      price: 'lambdaGbSecond',
      quantity: otherSeconds * memoryGb.other,
    },
  ];
}

/** Returns what the table and the bucket count. */
function storeUnits(count: Count): UnitLine[] {
  return [
    { name: 'table writes', price: 'tableWriteUnit', quantity: count('tableWrites') },
    { name: 'writes of its indexes', price: 'tableWriteUnit', quantity: count('indexWrites') },
    { name: 'table reads', price: 'tableReadUnit', quantity: count('tableReads') },
    { name: 'S3 requests', price: 's3Get', quantity: count('s3Requests') },
  ];
}

function logBytes(count: Count): number {
  return (
    count('ownLogBytes') +
    count('requests') * assumptions.lambdaLogBytesPerCall +
    count('historyEvents') * assumptions.historyEventLogBytes
  );
}

function countOf(
  name: keyof typeof units,
  sizeBytes: number,
  { chunkSizeBytes, ranges, callsPerChunk }: ChunkPlan,
): number {
  const chunks = chunkCount(sizeBytes, chunkSizeBytes);
  const sum = ([constant, perRange, perChunk]: readonly [number, number, number]) =>
    constant + perRange * ranges + perChunk * chunks;
  const extra = callsPerChunk && name === 'tableWrites' ? sum(perChunkCalls[name]) : 0;
  return sum(units[name]) + extra;
}

/** Returns how long functions send one object, in seconds. */
function sendSecondsOf(sizeBytes: number, { chunkSizeBytes, isSerial }: ChunkPlan): number {
  const byBytes = sizeBytes / assumptions.sendBytesPerSecond;
  if (!isSerial) return byBytes;
  const chunks = chunkCount(sizeBytes, chunkSizeBytes);
  return Math.max(byBytes, (chunks * assumptions.serialChunkMs.usual) / 1000);
}
