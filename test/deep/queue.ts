import { Command, InvalidArgumentError } from 'commander';
import { overtakenBy, printLoad, tenthsOf } from '../pressure/load-table.ts';
import { type LoadReport, runLoad } from '../pressure/run-load.ts';
import { createVerdicts, type Verdicts } from './checks.ts';

/** Lets thousands of objects land at once on the whole pipeline, in virtual time, with faults. */

interface Flags {
  readonly objects: number;
  readonly slots: number;
  readonly seed: number;
}

const killedShare = 0.02;

/** How much the mean transitions of the first and the last tenth may differ. */
const tolerance = 0.05;

const command = new Command('test:queue')
  .description('Lets objects land at once, with throttling and crashes, and measures the queue.')
  .option('--objects <n>', 'objects that land at once', whole, 10_000)
  .option('--slots <n>', 'transfers that may send at once', whole, 20)
  .option('--seed <n>', 'the seed of all faults', whole, 1);

const flags = command.parse().opts<Flags>();
process.exitCode = await main();

async function main(): Promise<number> {
  const { objects, slots, seed } = flags;
  const report = await runLoad({ objects, maxActiveTransfers: slots, seed, killedShare });
  printLoad(report, console.log);
  const verdicts = createVerdicts();
  judgeEnds(report, verdicts);
  judgeAssets(report, verdicts);
  await judgeBytes(report, verdicts);
  judgeOrder(report, verdicts);
  judgeTransitions(report, verdicts);
  return verdicts.end();
}

function judgeEnds({ runs }: LoadReport, verdicts: Verdicts): void {
  const ends = ['ready', 'already-ingested'];
  const lost = runs.filter(({ last }) => !ends.includes(String(last.status)));
  const [first] = lost;
  const why = first ? `${lost.length} are not, the first: ${JSON.stringify(first)}` : 'all are';
  verdicts.judge('every object is ready', lost.length === 0, why);
}

function judgeAssets({ load, harness }: LoadReport, verdicts: Verdicts): void {
  const { service, events, serviceWatch, queue } = harness;
  const assets = service.assetIds().length;
  verdicts.judge('every object is one asset', assets === load.objects, `${assets} assets`);
  const ready = events.outcomes.filter(({ type }) => type === 'Transfer Ready').length;
  verdicts.judge('every object is reported ready once', ready === load.objects, `${ready} events`);
  const { mostActive, rude } = serviceWatch;
  const isBounded = mostActive <= load.maxActiveTransfers;
  const killed = serviceWatch.mostActiveKeys.filter(
    (key) => harness.executions.watch.objects.get(key)?.wasKilled,
  );
  verdicts.judge(
    'no more send at once than there are slots',
    isBounded,
    `${mostActive} at most, of which were killed before or after: ${killed.join(', ') || 'none'}`,
  );
  verdicts.judge('a service that asked to stay away is left alone', rude === 0, `${rude} calls`);
  const left = queue.tickets().length + queue.held.size;
  verdicts.judge('no ticket and no slot is left behind', left === 0, `${left} left`);
}

async function judgeBytes({ harness, runs, digests }: LoadReport, verdicts: Verdicts) {
  const wrong: string[] = [];
  for (const { key, last } of runs) {
    const arrived = await harness.service.storedSha256(String(last.assetId));
    if (arrived !== digests.get(key)) wrong.push(key);
  }
  verdicts.judge('every object arrives whole', wrong.length === 0, `${wrong.length} differ`);
}

function judgeOrder({ load, undisturbedStarts }: LoadReport, verdicts: Verdicts): void {
  const overtaken = overtakenBy(undisturbedStarts, load.maxActiveTransfers);
  verdicts.judge(
    `objects start in order of arrival, up to ${load.maxActiveTransfers} places`,
    overtaken.length === 0,
    `${overtaken.length} of ${undisturbedStarts.length} were overtaken by more`,
  );
}

function judgeTransitions(report: LoadReport, verdicts: Verdicts): void {
  const { first, last } = tenthsOf(report);
  verdicts.judge(
    'a long wait costs no transition',
    Math.abs(last.transitions / first.transitions - 1) <= tolerance,
    `${first.transitions.toFixed(2)} after ${first.waitedSeconds.toFixed(0)} s, ${last.transitions.toFixed(2)} after ${last.waitedSeconds.toFixed(0)} s`,
  );
}

function whole(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number above zero.');
}
