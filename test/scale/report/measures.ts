import { functionNames } from '#src/core/shared-with-infra/step-names.ts';
import type { ScaleReport } from '../run/run-scale.ts';
import { dollarsOf } from './cost.ts';

/** One number of each object, on average. */
export interface Measure {
  readonly name: string;
  readonly digits: number;
  of(report: ScaleReport): number;
}

function perObject(name: string, digits: number, total: (report: ScaleReport) => number): Measure {
  return { name, digits, of: (report) => total(report) / report.load.objects };
}

/** The cost and the calls that must not grow with the number of objects. */
export const constantMeasures: readonly Measure[] = [
  perObject('AWS cost, a lower bound, in cents', 4, ({ tally }) => 100 * dollarsOf(tally)),
  perObject('state transitions', 2, ({ tally }) => tally.transitions.total),
  perObject('Lambda calls', 2, ({ tally }) => tally.invocations.total),
  perObject('Lambda GB-seconds', 2, ({ tally }) => tally.gbSeconds.total),
  perObject('table reads', 2, ({ tally }) => tally.tableReads.total),
  perObject('table writes', 2, ({ tally }) => tally.tableWrites.total),
  perObject('requests to S3', 2, ({ tally }) => tally.source.total),
  perObject('requests to the service', 2, ({ tally }) => tally.service.total),
  perObject('calls of StartExecution', 3, ({ tally }) => tally.other.of('StartExecution')),
  perObject('events', 3, ({ tally }) => tally.other.of('PutEvents')),
];

/** Parts of these numbers, printed only. */
export const detailMeasures: readonly Measure[] = [
  ...functionNames.map((name) =>
    perObject(`  calls of ${name}`, 3, ({ tally }) => tally.invocations.of(name)),
  ),
  perObject('  chunks', 2, ({ tally }) => tally.service.of('chunk PUT')),
  perObject('  rows listed by sweeps', 2, ({ tally }) => tally.rowsRead.of('listTransfers')),
];
