import { TransferError } from '#src/core/errors/errors.ts';
import { chunkCount } from '#src/core/transfer/chunk-plan.ts';
import type { Film } from './films.ts';
import { median, type Usage } from './measure.ts';
import type { MoverJob } from './movers/job.ts';
import { type Comparison, GiB, type MoverName, type Shape } from './plan.ts';
import type { Servers } from './servers.ts';
import { startProcess } from './talking-process.ts';

/** One mover's runs of one size in one shape, and the middle of each measure. */
export interface Row {
  readonly mover: MoverName;
  readonly sizeBytes: number;
  readonly shape: Shape;
  readonly runs: readonly Usage[];
  /** Millions of bytes a second. */
  readonly megabytesPerSecond: number;
  readonly cpuSecondsPerGib: number;
  /** NaN where the platform does not tell. */
  readonly peakRssBytes: number;
}

/** What stays the same from run to run. */
export interface Setting {
  readonly servers: Servers;
  /** Moved first by every new process, unmeasured, so that its code is compiled and its heap grown. */
  readonly warmUp: Film;
  readonly film: Film;
  /** The options of Node with which the sending function deploys; every mover in Node has them. */
  readonly nodeOptions: string;
  readonly directory: string;
  readonly runs: number;
  readonly tell: (line: string) => void;
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

/** Runs all movers in turn, every other turn backwards, so that none has always the same neighbour. */
export async function compare(setting: Setting, comparison: Comparison): Promise<Row[]> {
  const { movers } = comparison;
  const usages = new Map<MoverName, Usage[]>(movers.map((mover) => [mover, []]));
  for (let turn = 1; turn <= setting.runs; turn++) {
    for (const mover of turn % 2 === 1 ? movers : movers.toReversed()) {
      const usage = await runOnce(setting, comparison, mover);
      usages.get(mover)?.push(usage);
      const rate = (comparison.sizeBytes / 1e6 / usage.seconds).toFixed(0);
      setting.tell(`  run ${turn} of ${setting.runs}: ${mover}, ${rate} MB/s`);
    }
  }
  return movers.map((mover) => rowOf(comparison, mover, usages.get(mover) ?? []));
}

/** In a new process; every chunk must have come in by exactly one PUT. */
async function runOnce(
  { servers, directory, warmUp, film, nodeOptions }: Setting,
  { sizeBytes, shape }: Comparison,
  mover: MoverName,
): Promise<Usage> {
  const { file, sums } = files[mover];
  const sink = await servers.sinkFor(shape.chunkSizeBytes);
  const { s3Url, tableUrl, bucket } = servers;
  const job = { s3Url, tableUrl, bucket, sink, shape, directory, sums };
  const worker = startProcess(moverFile(file), { NODE_OPTIONS: nodeOptions });
  const usage = await worker
    .ask<Usage>({ ...job, ...warmUp } satisfies MoverJob)
    .then(() => servers.takeCounts())
    .then(() => worker.ask<Usage>({ ...job, ...film } satisfies MoverJob))
    .finally(() => worker.end());
  const { put = 0 } = (await servers.takeCounts()).sink;
  const chunks = chunkCount(sizeBytes, shape.chunkSizeBytes);
  if (put === chunks) return usage;
  throw new TransferError('UnexpectedError', `${mover} made ${put} PUTs for ${chunks} chunks`);
}

/** Whether this machine has what the `curl` mover is made of. */
export async function hasCurl(): Promise<boolean> {
  const worker = startProcess(moverFile('curl'));
  return worker.ask<boolean>('isThere').finally(() => worker.end());
}

/** As the synthesized template gives them. */
export async function deployedNodeOptions(): Promise<string> {
  const worker = startProcess(new URL('./processes/deployed-function.ts', import.meta.url));
  return worker.ask<string>({}).finally(() => worker.end());
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
