import { TransferError } from '#src/core/errors/errors.ts';
import { chunkCount, chunksPerRange } from '#src/core/transfer/chunk-plan.ts';
import { serveFilm } from './films.ts';
import { GiB } from './plan.ts';
import type { TransferRequest, TransferResult } from './processes/counted-transfer.ts';
import type { Servers } from './servers.ts';
import { startProcess } from './worker-process.ts';

/** The calls and state transitions of one transfer without failures. */
export interface CallCounts {
  readonly sizeBytes: number;
  readonly chunkSizeBytes: number;
  readonly chunks: number;
  readonly ranges: number;
  readonly heads: number;
  readonly gets: number;
  readonly puts: number;
  readonly presigns: number;
  readonly reports: number;
  /** State transitions without those of poll rounds. */
  readonly transitions: number;
}

const fullChunkBytes = 5 * 1024 * 1024;

/** With this chunk size, a small object has as many chunks and ranges as 4 GiB in chunks of 5 MiB. */
const smallChunkBytes = 64 * 1024;

/** States that one poll round enters: a wait, the step, and its Choice. */
const statesPerPollRound = 3;

/**
 * Moves an object through the whole state machine and counts calls and transitions.
 * @param small - moves a small object with the plan of 4 GiB instead of 4 GiB
 * @throws UnexpectedError - the transfer did not end as `ready`
 */
export async function countCalls(
  servers: Servers,
  directory: string,
  small: boolean,
): Promise<CallCounts> {
  const chunkSizeBytes = small ? smallChunkBytes : fullChunkBytes;
  const sizeBytes = small ? chunkCount(4 * GiB, fullChunkBytes) * smallChunkBytes : 4 * GiB;
  const { key } = await serveFilm(servers, directory, 'counted.mp4', sizeBytes);
  const { s3Url, bucket } = servers;
  const sink = await servers.sinkFor(chunkSizeBytes);
  await servers.takeCounts();
  const result = await transfer({ s3Url, bucket, key, sink });
  return {
    sizeBytes,
    chunkSizeBytes,
    ...(await countsOf(servers, result, sizeBytes, chunkSizeBytes)),
  };
}

async function transfer(request: TransferRequest): Promise<TransferResult> {
  const worker = startProcess(new URL('./processes/counted-transfer.ts', import.meta.url));
  const result = await worker.request<TransferResult>(request).finally(() => worker.end());
  if (result.outcome === 'ready') return result;
  throw new TransferError(
    'UnexpectedError',
    `The counted transfer ended with ${JSON.stringify(result.outcome)}: expected "ready"`,
  );
}

async function countsOf(
  servers: Servers,
  { transitions, entered }: TransferResult,
  sizeBytes: number,
  chunkSizeBytes: number,
) {
  const { s3, sink } = await servers.takeCounts();
  const chunks = chunkCount(sizeBytes, chunkSizeBytes);
  const pollRounds = (entered.WaitToConfirm ?? 0) + (entered.WaitForAsset ?? 0);
  return {
    chunks,
    ranges: Math.ceil(chunks / chunksPerRange(chunkSizeBytes)),
    heads: s3.HEAD ?? 0,
    gets: s3.GET ?? 0,
    puts: sink.put ?? 0,
    presigns: sink.presign ?? 0,
    reports: sink.report ?? 0,
    transitions: transitions - statesPerPollRound * pollRounds,
  };
}
