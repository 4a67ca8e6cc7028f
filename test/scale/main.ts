import { Command, InvalidArgumentError } from 'commander';
import { createChecks } from '../deep/checks.ts';
import { checkBounds } from './report/bounds.ts';
import { headText, scaleTables } from './report/tables.ts';
import { runScale, type ScaleReport } from './run/run-scale.ts';

/** Moves up to 100,000 objects through the queue in virtual time, and checks what must not grow. */

// A handler makes an error at each call, for its deadline. Its stack would take a tenth of the time.
Error.stackTraceLimit = 0;

interface Flags {
  readonly objects: readonly number[];
  readonly seed: number;
  readonly slots?: number;
}

const command = new Command('scale')
  .description('Measures cost, bounds and waits of large loads, in virtual time.')
  .option('--objects <n,…>', 'the loads, the largest last', loads, [1_000, 10_000, 100_000])
  .option('--seed <n>', 'the seed of sizes and times', whole, 1)
  .option('--slots <n>', 'transfers that may send at once (default: as deployed)', whole);

const flags = command.parse().opts<Flags>();
process.exitCode = await main();

async function main(): Promise<number> {
  const { objects, seed, slots } = flags;
  console.log(headText());
  const reports: ScaleReport[] = [];
  for (const count of objects) reports.push(await runScale({ objects: count, seed, slots }));
  console.log(scaleTables(reports));
  const checks = createChecks();
  for (const { name, isHeld, found } of checkBounds(reports)) checks.check(name, isHeld, found);
  return checks.end();
}

function loads(text: string): number[] {
  return text.split(',').map(whole);
}

function whole(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('must be a whole number above zero');
}
