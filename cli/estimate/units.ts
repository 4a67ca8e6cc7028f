import { billAssumptions as assumptions } from '#src/core/prices/bill-assumptions.ts';
import type prices from '#src/core/prices/prices.json';
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

/** The memory of SendChunks and of the other functions, in GB. */
const memoryGb = { send: 1, other: 0.5 };

const GB = 1e9;

/** Returns the billed units of one transfer of an object of this size, without traffic. */
export function unitsOf(sizeBytes: number, chunkSizeBytes: number, ranges: number): UnitLine[] {
  const chunks = chunkCount(sizeBytes, chunkSizeBytes);
  const of = (name: keyof typeof units) => {
    const [constant, perRange, perChunk] = units[name];
    return constant + perRange * ranges + perChunk * chunks;
  };
  const calls = of('requests');
  const sendSeconds = sizeBytes / assumptions.sendBytesPerSecond;
  const otherSeconds = ((calls - ranges) * assumptions.callMs) / 1000;
  const logBytes =
    of('ownLogBytes') +
    calls * assumptions.lambdaLogBytesPerCall +
    of('historyEvents') * assumptions.historyEventLogBytes;
  return [
    { name: 'state transitions', price: 'stateTransition', quantity: of('transitions') },
    { name: 'Lambda requests', price: 'lambdaRequest', quantity: calls },
    {
      name: 'GB-seconds of sending',
      price: 'lambdaGbSecond',
      quantity: sendSeconds * memoryGb.send,
    },
    {
      name: 'GB-seconds of other functions',
      price: 'lambdaGbSecond',
      quantity: otherSeconds * memoryGb.other,
    },
    { name: 'table writes', price: 'tableWriteUnit', quantity: of('tableWrites') },
    { name: 'writes of its indexes', price: 'tableWriteUnit', quantity: of('indexWrites') },
    { name: 'table reads', price: 'tableReadUnit', quantity: of('tableReads') },
    { name: 'S3 requests', price: 's3Get', quantity: of('s3Requests') },
    { name: 'GB of logs', price: 'logGb', quantity: logBytes / GB },
    { name: 'published events', price: 'publishedEvent', quantity: 2 },
    { name: 'traces', price: 'trace', quantity: 1 },
  ];
}
