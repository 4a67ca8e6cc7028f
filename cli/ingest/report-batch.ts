import { type Context, printJson, printNote, printResult } from '../context.ts';
import type { Ending } from '../exit-codes.ts';
import { type Column, tableOf } from '../output/table.ts';
import { countsOf, type Item, unfinished } from './batch.ts';
import type { LeftOutObject } from './choose-objects.ts';

const columns: readonly Column[] = [
  { title: 'STATE', importance: 0 },
  { title: 'SOURCE', importance: 0, isFlexible: true, leastWidth: 24 },
  { title: 'ASSET', importance: 1 },
  { title: 'ERROR', importance: 2 },
];

/** Prints how each source ended. `done` only if all are assets. */
export function reportBatch(
  items: readonly Item[],
  asJson: boolean,
  context: Context,
  leftOut?: readonly LeftOutObject[],
): Ending {
  if (asJson) printJson(context, batchJson(items, leftOut));
  else if (items.length > 0) print(items, context);
  return items.every(({ end }) => end?.isGood) ? 'done' : 'failed';
}

/** Returns a batch as `--json` prints it. */
export function batchJson(items: readonly Item[], leftOut: readonly LeftOutObject[] = []) {
  return { version: 1, sources: items.map(itemJson), ...(leftOut.length > 0 && { leftOut }) };
}

/** Returns a source. One that was started and has no end yet is `unknown`. */
function itemJson({ name, execution, end }: Item) {
  const status = execution === undefined ? unfinished : 'unknown';
  return { source: name, status, execution, ...end, isGood: undefined, isBusy: undefined };
}

function print(items: readonly Item[], context: Context): void {
  const rows = items.map(({ name, end }) => [
    end?.status ?? unfinished,
    name,
    end?.assetId ?? '',
    end?.error ?? '',
  ]);
  printResult(context, tableOf(columns, rows, context.io.stdout));
  printNote(context, `${items.length} in all: ${countsOf(items)}.`);
}
