import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { runCommand } from '#local/commands/command-line.ts';
import { formatBytes, parseSize } from '#local/commands/size.ts';
import { judgeBounds } from './bounds.ts';
import { compare, deployedNodeOptions, hasCurl, type Row } from './compare.ts';
import { countCalls } from './count-calls.ts';
import { checkSizes, type Film, serveFilm } from './films.ts';
import { type Comparison, GiB, leftOut, planComparisons, shapeName } from './plan.ts';
import { type Findings, printFindings, writeFindings } from './report.ts';
import { type Servers, startServers } from './servers.ts';

interface Flags {
  readonly sizes: string;
  readonly runs: number;
  readonly full: boolean;
  readonly directory: string;
}

/** From here on the counted transfer moves its 4 GiB in earnest. */
const earnestBytes = 2 * GiB;

/** Enough for V8 to have compiled what is hot. */
const warmUpBytes = 64 * 1024 * 1024;

const noCurl =
  'The curl pipeline is left out: curl, md5sum or a bash of version 4 is not on this machine.';

function countOfRuns(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A whole number from 1 to 99 would be right.');
}

const command = new Command('bench')
  .description('Measures the send path beside other ways of moving the same bytes.')
  .option('--sizes <sizes>', 'sizes of the object, comma-separated', '64MiB,2GiB,8GiB')
  .option('--runs <count>', 'runs of each mover', countOfRuns, 3)
  .option('--full', 'run every mover in every shape at every size', false)
  .option('--directory <path>', 'where the objects are made, and removed again', tmpdir())
  .action((flags: Flags) => runCommand(() => bench(flags)));

await command.parseAsync();

async function bench(flags: Flags): Promise<number> {
  const sizes = [...new Set(flags.sizes.split(',').map(parseSize))];
  await checkSizes(sizes, flags.directory);
  const directory = await mkdtemp(join(flags.directory, 'chunkferry-bench-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void remove().then(() => process.exit(1)));
  }
  try {
    const findings = await findOut(flags, sizes, directory);
    printFindings(findings);
    await writeFindings(findings);
    return 0;
  } finally {
    await remove();
  }
}

async function findOut(
  { runs, full }: Flags,
  sizes: readonly number[],
  directory: string,
): Promise<Findings> {
  const servers = await startServers();
  try {
    const withCurl = await hasCurl();
    const plan = planComparisons(sizes, full).map((one) => (withCurl ? one : withoutCurl(one)));
    const rows = await compareAll(servers, plan, runs, directory);
    tell('Counting the calls of one transfer.');
    const counts = await countCalls(servers, directory, Math.max(...sizes) < earnestBytes);
    return {
      runs,
      rows,
      counts,
      bounds: judgeBounds(rows, counts),
      leftOut: [...(full ? [] : leftOut), ...(withCurl ? [] : [noCurl])],
    };
  } finally {
    await servers.close();
  }
}

async function compareAll(
  servers: Servers,
  plan: readonly Comparison[],
  runs: number,
  directory: string,
): Promise<Row[]> {
  const rows: Row[] = [];
  const nodeOptions = await deployedNodeOptions();
  tell('Making the films.');
  const warmUp = await serveFilm(servers, directory, 'warm-up.mp4', warmUpBytes);
  const films = new Map<number, Film>();
  for (const sizeBytes of new Set(plan.map((each) => each.sizeBytes))) {
    const key = `film-${sizeBytes}.mp4`;
    films.set(sizeBytes, await serveFilm(servers, directory, key, sizeBytes));
  }
  for (const comparison of plan) {
    const { sizeBytes, shape } = comparison;
    const film = films.get(sizeBytes) ?? warmUp;
    tell(`${formatBytes(sizeBytes)}, ${shapeName(shape)}:`);
    const setting = { servers, directory, warmUp, film, nodeOptions, runs, tell };
    rows.push(...(await compare(setting, comparison)));
  }
  return rows;
}

function withoutCurl(comparison: Comparison): Comparison {
  const movers = comparison.movers.filter((mover) => !mover.startsWith('curl'));
  return { ...comparison, movers };
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
