import Table from 'cli-table3';
import { type FaultClass, faultNames } from './faults/fault-classes.ts';
import type { SeedResult } from './run-seed.ts';

/** Trace lines of a report about a failed seed. */
const traceLines = 60;

/** Totals of many runs. */
export interface Tally {
  seeds: number;
  executions: number;
  ready: number;
  readonly failed: SeedResult[];
  readonly injected: Map<FaultClass, number>;
  /** Faults of runs without a violation. */
  readonly survived: Map<FaultClass, number>;
}

export function openTally(): Tally {
  const [injected, survived] = [new Map<FaultClass, number>(), new Map<FaultClass, number>()];
  return { seeds: 0, executions: 0, ready: 0, failed: [], injected, survived };
}

export function count(tally: Tally, result: SeedResult): void {
  tally.seeds++;
  tally.executions += result.executions;
  tally.ready += result.ready;
  const isClean = result.violations.length === 0;
  if (!isClean) tally.failed.push(result);
  for (const [name, times] of result.injected) {
    add(tally.injected, name, times);
    if (isClean) add(tally.survived, name, times);
  }
}

function add(to: Map<FaultClass, number>, name: FaultClass, times: number): void {
  to.set(name, (to.get(name) ?? 0) + times);
}

/** Returns a table of the injected and survived faults by class. */
export function tableOf({ injected, survived }: Tally): string {
  const table = new Table({
    head: ['fault', 'injected', 'survived'],
    colAligns: ['left', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const numberOf = (map: Map<FaultClass, number>, name: FaultClass) =>
    (map.get(name) ?? 0).toLocaleString('en');
  for (const name of faultNames)
    table.push([name, numberOf(injected, name), numberOf(survived, name)]);
  return table.toString();
}

/** Describes the violations of a seed and how to reproduce them. */
export function describeFailure({ seed, violations, lastLines }: SeedResult): string {
  const broken = violations.slice(0, 10).map(({ invariant, what }) => `  ${invariant}: ${what}`);
  return [
    `seed ${seed} broke:`,
    ...broken,
    `last trace lines:`,
    ...lastLines.slice(-traceLines).map((line) => `  ${line.slice(0, 300)}`),
    `reproduce: npm run soak -- --seed ${seed}`,
  ].join('\n');
}
