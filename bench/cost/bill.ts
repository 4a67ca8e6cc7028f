import { billAssumptions as assumptions } from '#local/prices/bill-assumptions.ts';
import prices from '#local/prices/prices.json' with { type: 'json' };
import type { CountedTransfer } from './counted-transfer.ts';

export type PriceName = keyof typeof prices;

/** CloudWatch adds this to each log event (CloudWatch Logs quotas, 2026). */
export const logEventOverheadBytes = 26;

const GB = 1e9;
const TB = 1e12;
const MiBPerGB = 1024;

/** One kind of billed unit of a transfer. */
export interface BillLine {
  readonly name: string;
  readonly price: PriceName;
  /** Units of one transfer. */
  readonly quantity: number;
}

/** The bill of one transfer. */
export interface Bill {
  readonly sizeBytes: number;
  readonly chunkSizeBytes: number;
  readonly lines: readonly BillLine[];
}

/** Returns the bill of a transfer, apart from the egress of its bytes. */
export function billOf(transfer: CountedTransfer): Bill {
  const { sizeBytes, chunkSizeBytes, calls, table, s3 } = transfer;
  const requests = calls.reduce((sum, { count }) => sum + count, 0);
  const own = transfer.logBytes;
  const lambda = requests * assumptions.lambdaLogBytesPerCall;
  const history = transfer.historyEvents * assumptions.historyEventLogBytes;
  const lines: BillLine[] = [
    { name: 'state transitions', price: 'stateTransition', quantity: transfer.transitions },
    { name: 'Lambda requests', price: 'lambdaRequest', quantity: requests },
    {
      name: 'GB-seconds of sending',
      price: 'lambdaGbSecond',
      quantity: sendingGbSeconds(transfer),
    },
    {
      name: 'GB-seconds of other functions',
      price: 'lambdaGbSecond',
      quantity: otherGbSeconds(calls),
    },
    { name: 'table writes', price: 'tableWriteUnit', quantity: table.writeUnits },
    { name: 'writes of its indexes', price: 'tableWriteUnit', quantity: table.indexWriteUnits },
    { name: 'table reads', price: 'tableReadUnit', quantity: table.readUnits },
    { name: 'S3 requests', price: 's3Get', quantity: (s3.GET ?? 0) + (s3.HEAD ?? 0) },
    { name: "GB of the functions' log lines", price: 'logGb', quantity: own / GB },
    { name: "GB of Lambda's log lines", price: 'logGb', quantity: lambda / GB },
    { name: "GB of the state machine's log", price: 'logGb', quantity: history / GB },
    { name: 'published events', price: 'publishedEvent', quantity: transfer.events },
    { name: 'traces, each of one execution', price: 'trace', quantity: 1 },
  ];
  return { sizeBytes, chunkSizeBytes, lines };
}

function sendingGbSeconds({ sizeBytes, calls }: CountedTransfer): number {
  const memoryMib = calls.find(({ name }) => name === 'SendChunks')?.memoryMib ?? 0;
  return (sizeBytes / assumptions.sendBytesPerSecond) * (memoryMib / MiBPerGB);
}

function otherGbSeconds(calls: CountedTransfer['calls']): number {
  const others = calls.filter(({ name }) => name !== 'SendChunks');
  return others.reduce(
    (sum, { count, memoryMib }) =>
      sum + ((count * assumptions.callMs) / 1000) * (memoryMib / MiBPerGB),
    0,
  );
}

/** Returns a line's dollars for one transfer. */
export function dollarsOf({ quantity, price }: BillLine): number {
  return quantity * prices[price].value;
}

/** Returns the dollars to move a TB (10^12 bytes) of such objects. */
export function dollarsPerTb({ sizeBytes, lines }: Bill): number {
  const dollars = lines.reduce((sum, line) => sum + dollarsOf(line), 0);
  return dollars * (TB / sizeBytes);
}
