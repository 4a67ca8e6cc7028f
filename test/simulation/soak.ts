import { Command, InvalidArgumentError, Option } from 'commander';
import { createRedraw } from '#local/terminal/redraw.ts';
import { type FaultClass, faultNames } from './faults/fault-classes.ts';
import { count, describeFailure, openTally, type Tally, tableOf } from './report.ts';
import { runSeed, type SeedResult } from './run-seed.ts';

/** Failures that are printed in full; of further failures only the seeds are printed. */
const maxFailuresPrinted = 5;

const seedsPerLine = 1_000;

/** The exit code after Ctrl-C. */
const interrupted = 130;

function positive(text: string): number {
  if (whole(text) > 0) return whole(text);
  throw new InvalidArgumentError('must be a whole number from 1');
}

function whole(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError('must be a whole number from 0');
}

function faultClass(text: string, others: readonly FaultClass[] = []): FaultClass[] {
  const name = faultNames.find((one) => one === text);
  if (name) return [...others, name];
  throw new InvalidArgumentError(`must be one of: ${faultNames.join(', ')}`);
}

const { seeds, from, seed, only, without } = new Command('soak')
  .description('Runs the simulation for many seeds and prints the survived faults.')
  .option('--seeds <count>', 'number of seeds', positive, 10_000)
  .option('--from <seed>', 'first seed', whole, 1)
  .addOption(
    new Option('--seed <seed>', 'run one seed and print its trace')
      .argParser(whole)
      .conflicts(['seeds', 'from']),
  )
  .option('--only <class>', 'exactly these faults in every run, repeatable', faultClass)
  .option('--without <class>', 'faults that no run has, repeatable', faultClass)
  .parse()
  .opts<{
    seeds: number;
    from: number;
    seed?: number;
    only?: FaultClass[];
    without?: FaultClass[];
  }>();

const selection = { only, without };

process.exitCode = seed === undefined ? await soak(from, seeds) : await replay(seed);

async function replay(one: number): Promise<number> {
  const result = await runSeed(one, undefined, selection);
  console.log(result.lastLines.join('\n'));
  console.log(`digest ${result.digest}`);
  if (result.violations.length === 0) console.log(`seed ${one} broke no invariant`);
  else console.log(describeFailure({ ...result, lastLines: [] }));
  return result.violations.length === 0 ? 0 : 1;
}

async function soak(first: number, times: number): Promise<number> {
  const progress = openProgress(times);
  const tally = openTally();
  let isStopped = false;
  process.once('SIGINT', () => {
    isStopped = true;
  });
  for (let one = first; one < first + times && !isStopped; one++) {
    const result = await runSeed(one, undefined, selection);
    count(tally, result);
    progress.update(tally, result);
    // Between two seeds the real timers are restored: the process handles its signals.
    await new Promise(setImmediate);
  }
  progress.end();
  conclude(tally);
  if (isStopped) {
    console.log(
      `stopped after ${tally.seeds} of ${times}: continue with --from ${first + tally.seeds}`,
    );
    return interrupted;
  }
  return tally.failed.length === 0 ? 0 : 1;
}

function conclude(tally: Tally): void {
  for (const failure of tally.failed.slice(0, maxFailuresPrinted))
    console.log(describeFailure(failure));
  console.log(tableOf(tally));
  const { seeds, executions, ready, failed } = tally;
  const seconds = process.uptime().toFixed(0);
  console.log(`${seeds} seeds, ${executions} executions, ${ready} ready assets, ${seconds} s`);
  console.log(`failed: ${failed.map((result) => result.seed).join(' ') || 'none'}`);
}

/** Redraws a line on a terminal, otherwise prints lines. */
function openProgress(times: number) {
  const redraw = process.stderr.isTTY ? createRedraw(process.stderr) : undefined;
  return {
    update({ seeds, failed }: Tally, { seed, violations }: SeedResult) {
      const seconds = process.uptime().toFixed(0);
      const line = `${seeds}/${times} seeds, ${failed.length} failed, ${seconds} s`;
      if (redraw) return redraw.show([line]);
      if (violations.length > 0) console.log(`seed ${seed} broke: ${violations[0]?.invariant}`);
      if (seeds % seedsPerLine === 0) console.log(line);
    },
    end: () => redraw?.show([]),
  };
}
