import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type { CallRecord } from '#local/simulators/twelvelabs/wire/call-log.ts';
import { createChecks } from './checks.ts';
import { drawnFaults } from './fault-mix.ts';
import { startIngest } from './ingest-run.ts';

/** Runs `npm run ingest` through a mix of faults, in real time, once for each seed. */

interface Flags {
  readonly seeds: number;
  readonly from: number;
  readonly parallel: number;
  readonly share: number;
  readonly limit: number;
}

/** The measurements of one run. */
interface Measured {
  readonly seed: number;
  readonly seconds: number;
  readonly puts: number;
  readonly apiCalls: number;
  readonly creates: number;
  /** Sessions that the service created and the transfer does not use. */
  readonly orphans: number;
  readonly faults: number;
  /** The longest time between two calls, in seconds. */
  readonly longestSilence: number;
  /** What is wrong with the result; undefined for a correct run. */
  readonly problem: string | undefined;
}

const filmBytes = 90_000_017;
const chunkSizeBytes = 1_500_003;
const longestMedianSeconds = 60;

const command = new Command('test:faults')
  .description('Measures the duration of an ingest with a mix of faults.')
  .option('--seeds <n>', 'runs, each with a seed of its own', whole, 10)
  .option('--from <seed>', 'the first seed', whole, 1)
  .option('--parallel <n>', 'runs at once; more than one slows each down', whole, 1)
  .option('--share <percent>', 'share of calls that each kind of fault hits', whole, 8)
  .option('--limit <seconds>', 'seconds after which a run is stopped', whole, 600);

const flags = command.parse().opts<Flags>();
process.exitCode = await main();

async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'chunkferry-faults-'));
  try {
    const bytes = filmOf(filmBytes);
    const film = join(folder, 'film.mp4');
    await writeFile(film, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return report(await runSeeds((seed) => runSeed(seed, film, folder, sha256)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runSeeds(run: (seed: number) => Promise<Measured>): Promise<Measured[]> {
  const seeds = Array.from({ length: flags.seeds }, (_, index) => flags.from + index);
  const found: Measured[] = [];
  const worker = async () => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const measured = await run(seed);
      found.push(measured);
      console.log(
        `seed ${seed}: ${measured.seconds.toFixed(1)} s, ${measured.puts} PUTs, ${measured.apiCalls} API calls, ${measured.faults} faults${measured.problem ? `, ${measured.problem}` : ''}`,
      );
    }
  };
  await Promise.all(Array.from({ length: flags.parallel }, worker));
  return found.toSorted((a, b) => a.seed - b.seed);
}

async function runSeed(
  seed: number,
  film: string,
  folder: string,
  sha256: string,
): Promise<Measured> {
  const simulator = await startTwelveLabs({ store: 'memory', chunkSizeBytes, seed });
  simulator.faults.drawFrom(drawnFaults(seed, flags.share / 100, chunkSizeBytes));
  const startedAt = performance.now();
  const run = await startIngest(film, folder, simulator);
  const timer = new AbortController();
  const limit = delay(flags.limit * 1000, undefined, { signal: timer.signal });
  const ended = await Promise.race([run.ended, limit.catch(() => undefined)]);
  const seconds = (performance.now() - startedAt) / 1000;
  timer.abort();
  await run.stop();
  const calls = simulator.calls.all();
  const puts = calls.filter(({ operation }) => operation === 'put').length;
  const ready = simulator.assets().filter(({ state }) => state === 'ready');
  const problems = [
    ended ? ended.code !== 0 && `exit code ${ended.code}: ${lastLine(ended.stderr)}` : 'stopped',
    ready.length !== 1 && `${ready.length} ready assets`,
    ready[0] && (await simulator.storedSha256(ready[0].assetId)) !== sha256 && 'other bytes',
  ];
  await simulator.close();
  return {
    seed,
    seconds,
    puts,
    apiCalls: calls.length - puts,
    creates: calls.filter(({ operation }) => operation === 'create').length,
    orphans: simulator.sessions().length - ready.length,
    faults: calls.filter(({ fault }) => fault !== undefined).length,
    longestSilence: longestSilenceOf(calls),
    problem: problems.filter(Boolean).join('; ') || undefined,
  };
}

function report(found: readonly Measured[]): number {
  console.log(`\n${tableOf(found)}\n`);
  const checks = createChecks();
  for (const { seed, problem } of found) {
    checks.check(
      `seed ${seed} ends with one ready asset that holds the bytes of the file`,
      problem === undefined,
      problem ?? 'sha256 equal',
    );
  }
  const seconds = found.map((one) => one.seconds).toSorted((a, b) => a - b);
  const median = medianOf(seconds);
  const slowest = seconds.at(-1) ?? 0;
  checks.check(
    `the median is at most ${longestMedianSeconds} s`,
    median <= longestMedianSeconds,
    `${median.toFixed(1)} s`,
  );
  checks.check(
    `the slowest is at most ${2 * longestMedianSeconds} s`,
    slowest <= 2 * longestMedianSeconds,
    `${slowest.toFixed(1)} s`,
  );
  const orphans = found.reduce((sum, one) => sum + one.orphans, 0);
  console.log(`unused sessions after lost or ambiguous replies to create: ${orphans}`);
  return checks.end();
}

function tableOf(found: readonly Measured[]): string {
  const head = [
    'seed',
    's',
    'PUTs',
    'API calls',
    'creates',
    'unused sessions',
    'faults',
    'silence',
  ];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const one of found) {
    table.push([
      one.seed,
      one.seconds.toFixed(1),
      one.puts,
      one.apiCalls,
      one.creates,
      one.orphans,
      one.faults,
      `${one.longestSilence.toFixed(1)} s`,
    ]);
  }
  return table.toString();
}

/** Returns bytes that repeat only after 256 MiB, without a random source. */
function filmOf(sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(Math.ceil(sizeBytes / 4) * 4);
  for (let i = 0; i < bytes.length; i += 4)
    bytes.writeUInt32LE(Math.imul(i, 2_654_435_761) >>> 0, i);
  return bytes.subarray(0, sizeBytes);
}

function longestSilenceOf(calls: readonly CallRecord[]): number {
  const times = calls.map(({ at }) => at).toSorted((a, b) => a - b);
  return Math.max(0, ...times.slice(1).map((at, index) => at - (times[index] ?? at))) / 1000;
}

/** Returns the median. */
function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  const pair = [sorted[Math.ceil(middle) - 1] ?? 0, sorted[Math.floor(middle)] ?? 0];
  return ((pair[0] ?? 0) + (pair[1] ?? 0)) / 2;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

function whole(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('must be a whole number above zero');
}
