import prices from '#local/prices/prices.json' with { type: 'json' };
import type { Tally } from '../model/units.ts';

/** The index returns eventually consistent rows of about 1 KB: eight to a read unit. */
const listedRowsPerUnit = 8;

/**
 * Returns the AWS bill of a load in dollars, as a lower bound: each call of the table counts as one unit,
 * and logs, traces and egress are left out. `npm run bench -- --cost` counts the units of a transfer
 * exactly; here the cost only has to show whether it grows with the number of objects.
 */
export function dollarsOf(tally: Tally): number {
  const { transitions, invocations, gbSeconds, tableReads, tableWrites, rowsRead } = tally;
  const lines = [
    [transitions.total, prices.stateTransition],
    [invocations.total, prices.lambdaRequest],
    [gbSeconds.total, prices.lambdaGbSecond],
    [tableWrites.total, prices.tableWriteUnit],
    [tableReads.total, prices.tableReadUnit],
    [rowsRead.of('listTransfers') / listedRowsPerUnit, prices.tableReadUnit],
    [tally.source.total, prices.s3Get],
    [tally.other.of('PutEvents'), prices.publishedEvent],
  ] as const;
  return lines.reduce((sum, [count, { value }]) => sum + count * value, 0);
}
