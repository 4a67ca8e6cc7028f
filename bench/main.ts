import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { runCommand } from '#local/commands/command-line.ts';
import { formatBytes, parseSize } from '#local/terminal/size.ts';
import { callBounds, performanceBounds } from './bounds.ts';
import { compare, deployedNodeOptions, hasCurl, type Row } from './compare.ts';
import { countCalls } from './count-calls.ts';
import { checkSizes, type Film, serveFilm } from './films.ts';
import {
  type Comparison,
  GiB,
  omitted,
  planComparisons,
  shapeName,
  smokeComparisons,
} from './plan.ts';
import { type Findings, printBounds, printTables, writeFindings } from './report.ts';
import { type Servers, startServers } from './servers.ts';

interface Flags {
  readonly sizes: string;
  readonly runs: number;
  readonly full?: boolean;
  readonly smoke?: boolean;
  readonly directory: string;
}

/** The measurements of one call of the bench. */
interface Plan {
  readonly comparisons: readonly Comparison[];
  readonly runs: number;
  /** Bytes that each new process moves unmeasured. */
  readonly warmUpBytes: number;
  /** Whether the counted transfer moves a small object with the plan of 4 GiB. */
  readonly isCountSmall: boolean;
}

const MiB = 1024 * 1024;

/** From this size on, the counted transfer moves real 4 GiB. */
const fullCountBytes = 2 * GiB;

/** Enough for V8 to compile the hot code. */
const warmUpBytes = 64 * MiB;

const noCurl = 'Not run: the curl pipeline. It needs curl, md5sum and bash 4.';

const command = new Command('npm run bench --')
  .description(
    'Measures the send path and other ways of moving the same bytes, on local servers. Counts the calls of one transfer.',
  )
  .option('--smoke', 'a short check: every mover once with 64 MiB, and all call counts')
  .option('--sizes <sizes>', 'sizes of the object, comma-separated', '64MiB,2GiB,8GiB')
  .option('--runs <count>', 'runs of each mover', parseRuns, 3)
  .option('--full', 'run every mover in every shape at every size')
  .option('--directory <path>', 'folder for the temporary objects', tmpdir())
  .addHelpText(
    'after',
    `
--smoke takes less than a minute and ignores --sizes, --runs and --full. It proves that every mover
completes and that the call counts hold. Its speeds mean nothing: it checks no limit of speed, CPU time
or memory, and writes no results. The other runs take minutes to an hour, need a quiet machine, and
write bench/results/latest.json.

Exits with 1 if a mover fails or a call count does not hold. Limits of speed, CPU time and memory depend
on the machine: they are printed and do not change the exit code.`,
  )
  .action((flags: Flags) => runCommand(() => bench(flags)));

await command.parseAsync();

function parseRuns(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Must be a whole number from 1 to 99.');
}

async function bench(flags: Flags): Promise<number> {
  const plan = planOf(flags);
  await checkSizes([...new Set(plan.comparisons.map((c) => c.sizeBytes))], flags.directory);
  const directory = await mkdtemp(join(flags.directory, 'chunkferry-bench-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void remove().then(() => process.exit(1)));
  }
  try {
    const findings = await measureAll(flags, plan, directory);
    if (!flags.smoke) printTables(findings);
    printBounds(findings);
    if (!flags.smoke) await writeFindings(findings);
    return exitCodeOf(findings);
  } finally {
    await remove();
  }
}

function planOf({ smoke, sizes, runs, full }: Flags): Plan {
  if (smoke)
    return {
      comparisons: smokeComparisons,
      runs: 1,
      warmUpBytes: 16 * MiB,
      isCountSmall: true,
    };
  const parsed = [...new Set(sizes.split(',').map((size) => parseSize(size, '--sizes')))];
  return {
    comparisons: planComparisons(parsed, full ?? false),
    runs,
    warmUpBytes,
    isCountSmall: Math.max(...parsed) < fullCountBytes,
  };
}

/** Returns 1 if a call count does not hold. Other limits depend on the machine. */
function exitCodeOf({ counts }: Findings): number {
  const broken = callBounds(counts).filter(({ verdict }) => verdict !== 'holds');
  if (broken.length === 0) return 0;
  print(`Call counts that do not hold: ${broken.map(({ name }) => name).join('; ')}.`);
  return 1;
}

async function measureAll(flags: Flags, plan: Plan, directory: string): Promise<Findings> {
  const servers = await startServers();
  try {
    const isCurlInstalled = await hasCurl();
    const comparisons = isCurlInstalled ? plan.comparisons : plan.comparisons.map(withoutCurl);
    const rows = await compareAll(servers, { ...plan, comparisons }, directory);
    print('Counting the calls of one transfer.');
    const counts = await countCalls(servers, directory, plan.isCountSmall);
    return {
      runs: plan.runs,
      rows,
      counts,
      bounds: [...(flags.smoke ? [] : performanceBounds(rows)), ...callBounds(counts)],
      omitted: [
        ...(flags.full || flags.smoke ? [] : omitted),
        ...(isCurlInstalled ? [] : [noCurl]),
      ],
    };
  } finally {
    await servers.close();
  }
}

async function compareAll(servers: Servers, plan: Plan, directory: string): Promise<Row[]> {
  const rows: Row[] = [];
  const nodeOptions = deployedNodeOptions();
  print('Creating the test objects.');
  const warmUp = await serveFilm(servers, directory, 'warm-up.mp4', plan.warmUpBytes);
  const films = new Map<number, Film>();
  for (const sizeBytes of new Set(plan.comparisons.map((comparison) => comparison.sizeBytes))) {
    const key = `film-${sizeBytes}.mp4`;
    films.set(sizeBytes, await serveFilm(servers, directory, key, sizeBytes));
  }
  for (const comparison of plan.comparisons) {
    const { sizeBytes, shape } = comparison;
    const film = films.get(sizeBytes) ?? warmUp;
    print(`${formatBytes(sizeBytes)}, ${shapeName(shape)}:`);
    const settings = { servers, directory, warmUp, film, nodeOptions, runs: plan.runs, print };
    rows.push(...(await compare(settings, comparison)));
  }
  return rows;
}

function withoutCurl(comparison: Comparison): Comparison {
  const movers = comparison.movers.filter((mover) => !mover.startsWith('curl'));
  return { ...comparison, movers };
}

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}
