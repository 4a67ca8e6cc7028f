import { deployedDefinition } from '#local/state-machine/definition/deployed-definition.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { chunkCount } from '#src/core/transfer/chunk-plan.ts';
import type { MoverJob } from '../movers/job.ts';
import type { MoverName, Row } from '../plan/rows.ts';
import type { Film, FilmFile } from '../processes/films.ts';
import type { Servers } from '../processes/servers.ts';
import { startProcess } from '../processes/worker-process.ts';
import type { Usage } from './usage.ts';

/** The runs of a row: one usage for each run, by mover. Usages of one index ran one after another. */
export type RowRuns = Readonly<Partial<Record<MoverName, readonly Usage[]>>>;

/** The settings that all runs of a row share. */
export interface RowSettings {
  readonly servers: Servers;
  /** Every new process moves this object first, unmeasured, to compile its code and grow its heap. */
  readonly warmUp: FilmFile;
  readonly film: FilmFile;
  readonly directory: string;
  readonly runs: number;
  /** The path of rclone, for the rows that need it. */
  readonly rclone?: string | undefined;
  readonly print: (line: string) => void;
}

interface MoverFile {
  readonly file: string;
  readonly sums?: MoverJob['sums'];
  /** Whether its objects have a CRC64NVME, as new objects do. Movers that read no HEAD ignore it. */
  readonly hasChecksum?: boolean;
  /** Whether it is a whole program, which a warm-up does not change. */
  readonly isProgram?: boolean;
}

const files: Readonly<Record<MoverName, MoverFile>> = {
  'send path': { file: 'send-path' },
  'send path, CRC64NVME': { file: 'send-path', hasChecksum: true },
  'bare undici pipe': { file: 'bare-pipe' },
  'bare undici pipe, MD5': { file: 'bare-pipe', sums: 'md5' },
  'curl | tee md5sum | curl': { file: 'curl' },
  'SDK helper after download': { file: 'sdk-helper' },
  'rclone copyto': { file: 'command', hasChecksum: true, isProgram: true },
  'ingest command': { file: 'command', hasChecksum: true, isProgram: true },
  'npm run ingest': { file: 'command', hasChecksum: true, isProgram: true },
};

/** What `npm run ingest` runs, without npm's own start. */
const ingestProgram = [
  process.execPath,
  '--max-semi-space-size=2',
  new URL('../../cli/main.js', import.meta.url).pathname,
  'ingest',
  '--local',
];

/** Runs all movers alternately. Every second run has the reverse order, so neighbours change. */
export async function runRow(settings: RowSettings, row: Row): Promise<RowRuns> {
  const runs = new Map<MoverName, Usage[]>(row.movers.map((mover) => [mover, []]));
  for (let run = 1; run <= settings.runs; run++) {
    for (const mover of run % 2 === 1 ? row.movers : row.movers.toReversed()) {
      const usage = await runOnce(settings, row, mover);
      runs.get(mover)?.push(usage);
      settings.print(`  run ${run} of ${settings.runs}: ${mover}, ${summaryOf(usage, row)}`);
    }
  }
  return Object.fromEntries(runs);
}

function summaryOf({ seconds, firstGetSeconds }: Usage, { sizeBytes, objects }: Row): string {
  if (firstGetSeconds !== undefined) return `${firstGetSeconds.toFixed(2)} s to the first GET`;
  return `${((sizeBytes * objects) / 1e6 / seconds).toFixed(0)} MB/s`;
}

/**
 * Runs a mover once in a new process.
 * @throws UnexpectedError - the mover failed or did not send each chunk with exactly one PUT
 */
async function runOnce(settings: RowSettings, row: Row, mover: MoverName): Promise<Usage> {
  const { servers, warmUp, film } = settings;
  const { file, isProgram } = files[mover];
  const warmUpJob = isProgram ? undefined : await jobFor(settings, row, mover, 'warm-up', warmUp);
  const job = await jobFor(settings, row, mover, 'film', film);
  const worker = startProcess(new URL(`../movers/${file}.ts`, import.meta.url), {
    ...servers.environment,
    ...(isProgram ? {} : { NODE_OPTIONS: deployedNodeOptions() }),
  });
  try {
    if (warmUpJob) await worker.request<Usage>(warmUpJob);
    await servers.takeCounts();
    const usage = await worker.request<Usage>(job);
    const firstGetAt = await checkCounts(settings, row, mover);
    if (mover !== 'npm run ingest' || firstGetAt === undefined) return usage;
    return { ...usage, firstGetSeconds: (firstGetAt - usage.startedAt) / 1000 };
  } finally {
    await worker.end();
    await servers.clear();
  }
}

async function jobFor(
  { servers, directory, rclone }: RowSettings,
  { shape, objects }: Row,
  mover: MoverName,
  name: 'warm-up' | 'film',
  film: FilmFile,
): Promise<MoverJob> {
  const { sums, hasChecksum = false } = files[mover];
  const { source, tableUrl, target } = servers;
  const prefix = `${name}-${hasChecksum ? 'crc64nvme' : 'plain'}`;
  const count = name === 'film' ? objects : 1;
  const films = await serveFilms(servers, film, { prefix, count, hasChecksum });
  const sink = await servers.sinkFor(shape.chunkSizeBytes);
  const job = { source, films, sink, tableUrl, shape, directory, sums };
  if (mover === 'rclone copyto') return { ...job, target, program: [rclone ?? ''] };
  if (mover === 'ingest command') return { ...job, program: ingestProgram };
  return mover === 'npm run ingest'
    ? { ...job, program: ['npm', 'run', '--silent', 'ingest', '--'] }
    : job;
}

async function serveFilms(
  servers: Servers,
  film: FilmFile,
  { prefix, count, hasChecksum }: { prefix: string; count: number; hasChecksum: boolean },
): Promise<Film[]> {
  const { sizeBytes } = film;
  const keys = Array.from({ length: count }, (_, n) => `${prefix}-${sizeBytes}-${n + 1}.mp4`);
  for (const key of keys) await servers.serve(key, film, { hasChecksum });
  return keys.map((key) => ({ key, sizeBytes }));
}

/** Checks the number of PUTs. Returns the time of the first GET. */
async function checkCounts(
  { servers }: RowSettings,
  { sizeBytes, objects, shape }: Row,
  mover: MoverName,
): Promise<number | undefined> {
  const counts = await servers.takeCounts();
  if (!counts) return undefined;
  const { put = 0 } = counts.sink;
  const chunks = objects * chunkCount(sizeBytes, shape.chunkSizeBytes);
  if (put === chunks) return counts.firstGetAt;
  const message = `${mover} made ${put} PUTs for ${chunks} chunks: expected one PUT for each chunk`;
  throw new TransferError('UnexpectedError', message);
}

/** Returns whether this machine has the programs of the `curl` mover. */
export async function hasCurl(): Promise<boolean> {
  const worker = startProcess(new URL('../movers/curl.ts', import.meta.url));
  return worker.request<boolean>('isInstalled').finally(() => worker.end());
}

/** Returns the Node options of the deployed SendChunks function. All movers in Node use them. */
function deployedNodeOptions(): string {
  const functions = [...deployedDefinition().functions.values()];
  const sendChunks = functions.find(({ name }) => name === 'SendChunks');
  return sendChunks?.environment.NODE_OPTIONS ?? '';
}
