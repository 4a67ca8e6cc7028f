import prices from '#local/prices/prices.json' with { type: 'json' };
import { formatBytes } from '#local/terminal/size.ts';
import { type Context, printNote, printResult } from '../context.ts';
import { type Column, tableOf } from '../output/table.ts';
import { counted, longText } from '../output/words.ts';
import type { BillLine, Estimate, Range, Workload } from './estimate.ts';
import { pricedRegion } from './priced-region.ts';

const columns: readonly Column[] = [
  { title: 'LINE', importance: 0, isFlexible: true },
  { title: 'UNITS', importance: 2, align: 'right' },
  { title: 'DOLLARS', importance: 0, align: 'right' },
  { title: 'PRICE AS OF', importance: 1 },
];

/** Prints bill and time as a table. */
export function printBill(
  { lines, dollars, traffic, seconds }: Estimate,
  { bytes, objects, chunkSizeBytes }: Workload,
  context: Context,
): void {
  const { date, source } = prices.egressInternetGb;
  const sum = { least: dollars + traffic.least, most: dollars + traffic.most };
  const rows = [
    ...lines.map(rowOf),
    ['traffic out of the Region', '', rangeText(traffic), `${date} ${source}`],
    ['sum', '', rangeText(sum), ''],
  ];
  const load = `${counted(objects, 'object')}, ${formatBytes(bytes)}`;
  printNote(context, `${load} in chunks of ${formatBytes(chunkSizeBytes)}, ${pricedRegion}.`);
  printResult(context, tableOf(columns, rows, context.io.stdout));
  printResult(
    context,
    `Time: ${longText(seconds.least * 1000)} to ${longText(seconds.most * 1000)}.`,
  );
  printNote(context, 'The prices were never verified against the price list of AWS.');
}

function rowOf({ name, quantity, price, dollars }: BillLine): string[] {
  const { date, source } = prices[price];
  const maximumFractionDigits = quantity < 100 ? 2 : 0;
  const units = quantity.toLocaleString('en-US', { maximumFractionDigits });
  return [name, units, dollars.toFixed(2), `${date} ${source}`];
}

function rangeText({ least, most }: Range): string {
  return least === most ? most.toFixed(2) : `${least.toFixed(2)} to ${most.toFixed(2)}`;
}
