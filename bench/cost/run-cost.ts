import Table from 'cli-table3';
import { billAssumptions as assumptions } from '#local/prices/bill-assumptions.ts';
import prices from '#local/prices/prices.json' with { type: 'json' };
import { verdictOf } from '../plan/measures.ts';
import { GiB } from '../plan/shapes.ts';
import { changeLines, provenance, readResults, writeResults } from '../report/record.ts';
import { billLimits } from './bill-limits.ts';
import { countBounds, transitionsApartFromPolls } from './count-calls.ts';
import { countTransfers, type TransferPlan } from './count-transfer.ts';
import type { CountedTransfer } from './counted-transfer.ts';
import { billId, type RecordedBill, recordedBill } from './recorded-bill.ts';

const MiB = 1024 * 1024;

const plans: readonly TransferPlan[] = [
  { sizeBytes: 256 * MiB, chunkSizeBytes: 5 * MiB },
  { sizeBytes: 256 * MiB, chunkSizeBytes: 16 * MiB },
  { sizeBytes: 4 * GiB, chunkSizeBytes: 5 * MiB },
  { sizeBytes: 4 * GiB, chunkSizeBytes: 16 * MiB },
];

export interface CostOptions {
  readonly directory: string;
  readonly record: boolean;
  readonly print: (line: string) => void;
}

/** Counts and prices transfers. Returns 1 if a limit of a count or of a bill does not hold, else 0. */
export async function runCost({ directory, record, print }: CostOptions): Promise<number> {
  print('Moving 256 MiB and 4 GiB, each in chunks of 5 and of 16 MiB, through the state machine.');
  const transfers = await countTransfers(plans, directory);
  const bills = transfers.map(recordedBill);
  transfers.forEach((transfer, n) => {
    write(`\n${billId(transfer)}\n${detailsOf(transfer)}\n${tableOf(bills[n] as RecordedBill)}`);
  });
  write(`\n${notes().join('\n')}\n`);
  const hasFailed = [...transfers.flatMap(countLines), ...bills.flatMap(limitLine)]
    .map((line) => {
      write(line);
      return line.startsWith('falls short');
    })
    .some(Boolean);
  compareAndRecord(bills, record);
  return hasFailed ? 1 : 0;
}

function detailsOf(transfer: CountedTransfer): string {
  const { calls, ranges, table, logLines, metrics, transitions, historyEvents } = transfer;
  const called = calls.map(({ name, count }) => `${count} ${name}`);
  const tableCalls = Object.entries(table.calls).map(([name, count]) => `${count} ${name}`);
  return [
    `${ranges.length} ranges, ${transitions} transitions (${transitionsApartFromPolls(transfer)} without poll rounds), ${historyEvents} history events`,
    `calls of functions: ${called.join(', ')}`,
    `calls of the table: ${tableCalls.join(', ')}`,
    `${logLines} log lines, ${metrics.length} metrics`,
  ].join('\n');
}

function tableOf({ lines, dollarsPerTb }: RecordedBill): string {
  const table = new Table({
    head: ['', 'units a transfer', '$/TB'],
    colAligns: ['left', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const line of lines)
    table.push([line.name, shown(line.quantity), line.dollarsPerTb.toFixed(4)]);
  table.push(['sum', '', dollarsPerTb.toFixed(3)]);
  return table.toString();
}

function shown(quantity: number): string {
  return Number.isInteger(quantity) ? String(quantity) : quantity.toPrecision(3);
}

/** Returns what the bill assumes and what it leaves out. */
function notes(): string[] {
  const { region, date } = prices.stateTransition;
  const { sendBytesPerSecond, callMs, lambdaLogBytesPerCall, historyEventLogBytes } = assumptions;
  return [
    `Prices of ${region}, ${date} (local/prices/prices.json). 1 TB is 10^12 bytes. Egress is not included.`,
    `Assumed: ${sendBytesPerSecond / 1e6} MB/s for each sending function; ${callMs} ms for each call of another;`,
    `${lambdaLogBytesPerCall} bytes of Lambda's own log lines a call; ${historyEventLogBytes} bytes a history event in the state machine's log.`,
    'The asset is ready at the first check: each further check adds three transitions and a Lambda request.',
    `Not per transfer: the dispatcher's and the reconciler's schedules, stored logs and rows, and ${prices.metricMonth.value} $ a month for each metric.`,
  ];
}

function countLines(transfer: CountedTransfer): string[] {
  return countBounds(transfer).map(
    ({ verdict, name, found, limit }) =>
      `${verdict.padEnd(11)}  ${billId(transfer)}: ${name}: ${found}; limit: ${limit.rule} ${limit.value}`,
  );
}

function limitLine(bill: RecordedBill): string[] {
  const limit = billLimits[billId(bill)];
  if (!limit) return [];
  const verdict = verdictOf(bill.dollarsPerTb, limit).padEnd(11);
  const found = bill.dollarsPerTb.toFixed(3);
  return [`${verdict}  ${billId(bill)}: ${found} $/TB; limit: ${limit.rule} ${limit.value}`];
}

function compareAndRecord(bills: readonly RecordedBill[], record: boolean): void {
  const results = readResults();
  const recorded = Object.entries(results.bills).map(([id, bill]) => [
    id,
    { ...bill, median: bill.dollarsPerTb },
  ]);
  const found = bills.map((bill) => ({ id: billId(bill), median: bill.dollarsPerTb }));
  for (const line of changeLines(Object.fromEntries(recorded), found)) write(line);
  if (!record) return;
  const at = provenance();
  const fresh = bills.map((bill) => [billId(bill), { ...bill, ...at }]);
  writeResults({ ...results, bills: { ...results.bills, ...Object.fromEntries(fresh) } });
}

function write(text: string): void {
  process.stdout.write(`${text}\n`);
}
