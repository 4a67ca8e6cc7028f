import { deployedDefinition } from '#local/state-machine/definition/deployed-definition.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import { chunkCount } from '#src/core/transfer/chunk-plan.ts';
import type { Film } from './films.ts';
import { median, type Usage } from './measure.ts';
import type { MoverJob } from './movers/job.ts';
import { type Comparison, GiB, type MoverName, type Shape } from './plan.ts';
import type { Servers } from './servers.ts';
import { startProcess } from './worker-process.ts';

/** The runs of one mover with one size and shape, and the medians. */
export interface Row {
  readonly mover: MoverName;
  readonly sizeBytes: number;
  readonly shape: Shape;
  readonly runs: readonly Usage[];
  /** Millions of bytes a second. */
  readonly megabytesPerSecond: number;
  readonly cpuSecondsPerGib: number;
  /** NaN if the platform does not report it. */
  readonly peakRssBytes: number;
}

/** The settings that all runs of a comparison share. */
export interface RunSettings {
  readonly servers: Servers;
  /** Every new process moves this object first, unmeasured, to compile its code and grow its heap. */
  readonly warmUp: Film;
  readonly film: Film;
  /** The Node options of the deployed SendChunks function. All movers in Node use them. */
  readonly nodeOptions: string;
  readonly directory: string;
  readonly runs: number;
  readonly print: (line: string) => void;
}

interface MoverFile {
  readonly file: string;
  readonly sums?: MoverJob['sums'];
}

const files: Readonly<Record<MoverName, MoverFile>> = {
  'send path': { file: 'send-path' },
  'send path, CRC64NVME': { file: 'send-path', sums: 'crc' },
  'bare undici pipe': { file: 'bare-pipe' },
  'bare undici pipe, MD5': { file: 'bare-pipe', sums: 'md5' },
  'curl | tee md5sum | curl': { file: 'curl' },
  'SDK helper after download': { file: 'sdk-helper' },
};

/** Runs all movers alternately. Every second run has the reverse order, so neighbours change. */
export async function compare(settings: RunSettings, comparison: Comparison): Promise<Row[]> {
  const { movers } = comparison;
  const usages = new Map<MoverName, Usage[]>(movers.map((mover) => [mover, []]));
  for (let run = 1; run <= settings.runs; run++) {
    for (const mover of run % 2 === 1 ? movers : movers.toReversed()) {
      const usage = await runOnce(settings, comparison, mover);
      usages.get(mover)?.push(usage);
      const rate = (comparison.sizeBytes / 1e6 / usage.seconds).toFixed(0);
      settings.print(`  run ${run} of ${settings.runs}: ${mover}, ${rate} MB/s`);
    }
  }
  return movers.map((mover) => rowOf(comparison, mover, usages.get(mover) ?? []));
}

/**
 * Runs a mover once in a new process.
 * @throws UnexpectedError - the mover failed or did not send each chunk with exactly one PUT
 */
async function runOnce(
  { servers, directory, warmUp, film, nodeOptions }: RunSettings,
  { sizeBytes, shape }: Comparison,
  mover: MoverName,
): Promise<Usage> {
  const { file, sums } = files[mover];
  const sink = await servers.sinkFor(shape.chunkSizeBytes);
  const { s3Url, tableUrl, bucket } = servers;
  const job = { s3Url, tableUrl, bucket, sink, shape, directory, sums };
  const worker = startProcess(moverFile(file), { NODE_OPTIONS: nodeOptions });
  const usage = await worker
    .request<Usage>({ ...job, ...warmUp } satisfies MoverJob)
    .then(() => servers.takeCounts())
    .then(() => worker.request<Usage>({ ...job, ...film } satisfies MoverJob))
    .finally(() => worker.end());
  const { put = 0 } = (await servers.takeCounts()).sink;
  const chunks = chunkCount(sizeBytes, shape.chunkSizeBytes);
  if (put === chunks) return usage;
  const message = `${mover} made ${put} PUTs for ${chunks} chunks: expected one PUT for each chunk`;
  throw new TransferError('UnexpectedError', message);
}

/** Returns whether this machine has the programs of the `curl` mover. */
export async function hasCurl(): Promise<boolean> {
  const worker = startProcess(moverFile('curl'));
  return worker.request<boolean>('isInstalled').finally(() => worker.end());
}

/** Returns the Node options of the deployed SendChunks function. */
export function deployedNodeOptions(): string {
  const functions = [...deployedDefinition().functions.values()];
  const sendChunks = functions.find(({ name }) => name === 'SendChunks');
  return sendChunks?.environment.NODE_OPTIONS ?? '';
}

function moverFile(name: string): URL {
  return new URL(`./movers/${name}.ts`, import.meta.url);
}

function rowOf({ sizeBytes, shape }: Comparison, mover: MoverName, runs: readonly Usage[]): Row {
  return {
    mover,
    sizeBytes,
    shape,
    runs,
    megabytesPerSecond: sizeBytes / 1e6 / median(runs.map(({ seconds }) => seconds)),
    cpuSecondsPerGib: median(runs.map(({ cpuSeconds }) => cpuSeconds)) / (sizeBytes / GiB),
    peakRssBytes: median(runs.map((run) => run.peakRssBytes ?? Number.NaN)),
  };
}
