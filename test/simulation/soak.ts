import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { count, describeFailure, openTally, tableOf } from './report.ts';
import { runSeed, warmUp } from './run-seed.ts';

/** Failures that are told in full; of more only the seeds are. */
const failuresTold = 5;

const seedsPerLine = 1_000;

function whole(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError('it must be a whole number from 0');
}

const { seeds, from, seed } = new Command('soak')
  .description('Runs the simulation seed after seed and sums up what was survived.')
  .option('--seeds <count>', 'how many', whole, 10_000)
  .option('--from <seed>', 'the first of them', whole, 1)
  .option('--seed <seed>', 'only this one, with what happened in it', whole)
  .parse()
  .opts<{ seeds: number; from: number; seed?: number }>();

await warmUp();
process.exitCode = seed === undefined ? await soak(from, seeds) : await replay(seed);

async function replay(one: number): Promise<number> {
  const result = await runSeed(one);
  console.log(result.lastLines.join('\n'));
  console.log(`digest ${result.digest}`);
  if (result.violations.length === 0) console.log(`seed ${one} broke nothing`);
  else console.log(describeFailure({ ...result, lastLines: [] }));
  return result.violations.length === 0 ? 0 : 1;
}

async function soak(first: number, times: number): Promise<number> {
  const bar = new SingleBar({
    format: '{bar} {value}/{total} seeds, {failed} failed, {eta_formatted} left',
  });
  const tally = openTally();
  const startedAt = performance.now();
  bar.start(times, 0, { failed: 0 });
  for (let one = first; one < first + times; one++) {
    count(tally, await runSeed(one));
    bar.update(tally.seeds, { failed: tally.failed.length });
    logProgress(tally.seeds, times, tally.failed.length);
  }
  bar.stop();
  const seconds = (performance.now() - startedAt) / 1000;
  for (const failure of tally.failed.slice(0, failuresTold)) console.log(describeFailure(failure));
  console.log(tableOf(tally));
  const { executions, ready, failed } = tally;
  console.log(
    `${times} seeds, ${executions} executions, ${ready} ready assets, ${seconds.toFixed(0)} s`,
  );
  console.log(`failed: ${failed.map((result) => result.seed).join(' ') || 'none'}`);
  return failed.length === 0 ? 0 : 1;
}

/** For a log, where no bar is drawn: a timer would be one of those that every seed takes over. */
function logProgress(seeds: number, times: number, failed: number): void {
  if (process.stderr.isTTY || seeds % seedsPerLine !== 0) return;
  console.log(`${seeds}/${times} seeds, ${failed} failed, ${Math.round(process.uptime())} s`);
}
