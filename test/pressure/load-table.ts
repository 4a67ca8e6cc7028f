import Table from 'cli-table3';
import type { ObjectRun } from './executions.ts';
import type { LoadReport } from './run-load.ts';

/** The averages of a group of objects. */
export interface GroupCost {
  readonly objects: number;
  readonly transitions: number;
  readonly executions: number;
  readonly functionCalls: number;
  /** Seconds from arrival to the end of the last execution, on average. */
  readonly waitedSeconds: number;
}

/** The first and the last tenth to arrive, without the objects of disturbed executions. */
export interface Tenths {
  readonly first: GroupCost;
  readonly last: GroupCost;
}

/** Compares the objects that waited least with those that waited longest. */
export function tenthsOf({ runs }: LoadReport): Tenths {
  const queued = runs.filter((run) => run.executions > 1 && !run.wasKilled && run.crashes === 0);
  const inOrder = queued.toSorted((a, b) => a.endedAt - b.endedAt);
  const tenth = Math.ceil(inOrder.length / 10);
  return { first: costOf(inOrder.slice(0, tenth)), last: costOf(inOrder.slice(-tenth)) };
}

function costOf(runs: readonly ObjectRun[]): GroupCost {
  const mean = (of: (run: ObjectRun) => number) =>
    runs.reduce((sum, run) => sum + of(run), 0) / Math.max(1, runs.length);
  return {
    objects: runs.length,
    transitions: mean(({ transitions }) => transitions),
    executions: mean(({ executions }) => executions),
    functionCalls: mean(({ functionCalls }) => functionCalls),
    waitedSeconds: mean(({ arrivedAt, endedAt }) => (endedAt - arrivedAt) / 1000),
  };
}

/** One start of a queued transfer. */
export interface QueuedStart {
  readonly ticketNumber: number;
  /** How often it was dispatched and found its slot taken by a transfer that had it before. */
  readonly lostSlots: number;
}

/**
 * Returns the ticket numbers of transfers that started after a much later ticket. A transfer may be
 * overtaken by as many tickets as slots exist. Each lost slot after the first allows as many again,
 * because slots become free in bursts.
 */
export function overtakenBy(starts: readonly QueuedStart[], slots: number): number[] {
  let lowestLater = Number.POSITIVE_INFINITY;
  const overtaken: number[] = [];
  for (const { ticketNumber, lostSlots } of starts.toReversed()) {
    lowestLater = Math.min(lowestLater, ticketNumber);
    if (ticketNumber - lowestLater >= slots * Math.max(1, lostSlots)) overtaken.push(ticketNumber);
  }
  return overtaken;
}

export function printLoad(report: LoadReport, print: (text: string) => void): void {
  print(factsTable(report));
  print(tenthsTable(tenthsOf(report)));
}

function factsTable(report: LoadReport): string {
  const { load, harness, virtualSeconds, realSeconds } = report;
  const { serviceWatch, tableWatch, executions, service } = harness;
  const { watch } = executions;
  const table = newTable(['measured', 'number']);
  table.push(
    ['objects at once', load.objects],
    ['slots', load.maxActiveTransfers],
    ['most transfers that sent at once', serviceWatch.mostActive],
    ['assets', service.assetIds().length],
    ['calls of the service, throttled', `${serviceWatch.calls}, ${serviceWatch.throttled}`],
    ['executions killed', watch.killed],
    ['functions crashed', sumOf(report.runs, ({ crashes }) => crashes)],
    ['calls of the table, failed', `${tableWatch.calls}, ${tableWatch.failed}`],
    ['calls of the dispatcher, failed', `${watch.dispatcherCalls}, ${watch.dispatcherFailures}`],
    ['calls of StartExecution, failed', `${watch.starts}, ${watch.failedStarts}`],
    ['started again by a repeated call', watch.repeatedStarts],
    ['virtual time', `${(virtualSeconds / 3600).toFixed(2)} h`],
    ['real time', `${realSeconds.toFixed(0)} s`],
  );
  return table.toString();
}

function tenthsTable({ first, last }: Tenths): string {
  const table = newTable(['for each queued object, undisturbed', 'first tenth', 'last tenth']);
  const row = (name: string, of: keyof GroupCost, digits: number) =>
    table.push([name, first[of].toFixed(digits), last[of].toFixed(digits)]);
  row('objects', 'objects', 0);
  row('seconds from arrival to ready', 'waitedSeconds', 0);
  row('state transitions', 'transitions', 2);
  row('executions', 'executions', 3);
  row('function calls', 'functionCalls', 2);
  return table.toString();
}

function sumOf(runs: readonly ObjectRun[], of: (run: ObjectRun) => number): number {
  return runs.reduce((sum, run) => sum + of(run), 0);
}

function newTable(head: string[]) {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}
