import Table from 'cli-table3';
import { type FaultClass, faultNames } from './fault-classes.ts';
import type { SeedResult } from './run-seed.ts';

const linesTold = 60;

/** Sums over many runs. */
export interface Tally {
  seeds: number;
  executions: number;
  ready: number;
  readonly failed: SeedResult[];
  readonly injected: Map<FaultClass, number>;
  /** Faults of runs that broke nothing. */
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
  const isWhole = result.violations.length === 0;
  if (!isWhole) tally.failed.push(result);
  for (const [name, times] of result.injected) {
    add(tally.injected, name, times);
    if (isWhole) add(tally.survived, name, times);
  }
}

function add(to: Map<FaultClass, number>, name: FaultClass, times: number): void {
  to.set(name, (to.get(name) ?? 0) + times);
}

/** How many faults of each class were injected, and how many were survived. */
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

/** All that is needed to see what a seed broke, and to see it again. */
export function describeFailure({ seed, violations, lastLines }: SeedResult): string {
  const broken = violations.slice(0, 10).map(({ invariant, what }) => `  ${invariant}: ${what}`);
  return [
    `seed ${seed} broke:`,
    ...broken,
    `its last lines:`,
    ...lastLines.slice(-linesTold).map((line) => `  ${line.slice(0, 300)}`),
    `again: npm run soak -- --seed ${seed}`,
  ].join('\n');
}
