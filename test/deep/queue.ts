import { Command, InvalidArgumentError } from 'commander';
import { overtakenBy, printLoad, tenthsOf } from '../pressure/load-table.ts';
import { type LoadReport, runLoad } from '../pressure/run-load.ts';
import { type Checks, createChecks } from './checks.ts';

/** Runs the pipeline with thousands of simultaneous objects, in virtual time, with faults. */

interface Flags {
  readonly objects: number;
  readonly slots: number;
  readonly seed: number;
}

const killedShare = 0.02;

/** Maximum relative difference of mean transitions between the first and the last tenth. */
const tolerance = 0.05;

const command = new Command('test:queue')
  .description('Measures the queue with simultaneous objects, throttling and crashes.')
  .option('--objects <n>', 'simultaneous objects', whole, 10_000)
  .option('--slots <n>', 'transfers that may send at once', whole, 20)
  .option('--seed <n>', 'the seed of all faults', whole, 1);

const flags = command.parse().opts<Flags>();
process.exitCode = await main();

async function main(): Promise<number> {
  const { objects, slots, seed } = flags;
  const report = await runLoad({ objects, maxActiveTransfers: slots, seed, killedShare });
  printLoad(report, console.log);
  const checks = createChecks();
  checkEnds(report, checks);
  checkAssets(report, checks);
  await checkBytes(report, checks);
  checkOrder(report, checks);
  checkTransitions(report, checks);
  return checks.end();
}

function checkEnds({ runs }: LoadReport, checks: Checks): void {
  const ends = ['ready', 'already-ingested'];
  const lost = runs.filter(({ last }) => !ends.includes(String(last.status)));
  const [first] = lost;
  const why = first ? `${lost.length} are not, the first: ${JSON.stringify(first)}` : 'all are';
  checks.check('every object is ready', lost.length === 0, why);
}

function checkAssets({ load, harness }: LoadReport, checks: Checks): void {
  const { service, events, serviceWatch, queue } = harness;
  const assets = service.assetIds().length;
  checks.check('every object is one asset', assets === load.objects, `${assets} assets`);
  const ready = events.outcomes.filter(({ type }) => type === 'Transfer Ready').length;
  checks.check('every object is reported ready once', ready === load.objects, `${ready} events`);
  const { mostActive, rude } = serviceWatch;
  const isBounded = mostActive <= load.maxActiveTransfers;
  const killed = serviceWatch.mostActiveKeys.filter(
    (key) => harness.executions.watch.objects.get(key)?.wasKilled,
  );
  checks.check(
    'no more send at once than there are slots',
    isBounded,
    `${mostActive} at most, of which were killed before or after: ${killed.join(', ') || 'none'}`,
  );
  checks.check('a throttling service receives no early call', rude === 0, `${rude} calls`);
  const left = queue.tickets().length + queue.held.size;
  checks.check('no ticket and no slot is left', left === 0, `${left} left`);
}

async function checkBytes({ harness, runs, digests }: LoadReport, checks: Checks) {
  const wrong: string[] = [];
  for (const { key, last } of runs) {
    const arrived = await harness.service.storedSha256(String(last.assetId));
    if (arrived !== digests.get(key)) wrong.push(key);
  }
  checks.check('every object arrives complete', wrong.length === 0, `${wrong.length} differ`);
}

function checkOrder({ load, undisturbedStarts }: LoadReport, checks: Checks): void {
  const overtaken = overtakenBy(undisturbedStarts, load.maxActiveTransfers);
  checks.check(
    `objects start in order of arrival, up to ${load.maxActiveTransfers} positions`,
    overtaken.length === 0,
    `${overtaken.length} of ${undisturbedStarts.length} were overtaken by more`,
  );
}

function checkTransitions(report: LoadReport, checks: Checks): void {
  const { first, last } = tenthsOf(report);
  checks.check(
    'a long wait costs no transition',
    Math.abs(last.transitions / first.transitions - 1) <= tolerance,
    `${first.transitions.toFixed(2)} after ${first.waitedSeconds.toFixed(0)} s, ${last.transitions.toFixed(2)} after ${last.waitedSeconds.toFixed(0)} s`,
  );
}

function whole(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('must be a whole number above zero');
}
