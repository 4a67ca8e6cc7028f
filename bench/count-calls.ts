import { TransferError } from '#src/core/errors/errors.ts';
import { chunkCount, chunksPerRange } from '#src/core/transfer/chunk-plan.ts';
import { serveFilm } from './films.ts';
import { GiB } from './plan.ts';
import type { TransferAnswer, TransferQuestion } from './processes/counted-transfer.ts';
import type { Servers } from './servers.ts';
import { startProcess } from './talking-process.ts';

/** What one transfer in which nothing fails asks of everybody. */
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
  /** State transitions, those of poll rounds left out. */
  readonly transitions: number;
}

const wholeChunkBytes = 5 * 1024 * 1024;

/** Cuts a small object into as many chunks and ranges as 4 GiB have in chunks of 5 MiB. */
const smallChunkBytes = 64 * 1024;

/** A poll that has to wait enters a pause, the step again, and its choice again. */
const statesPerPollRound = 3;

/** Moves 4 GiB, or with `small` an object of the same plan, by the whole state machine, and counts. */
export async function countCalls(
  servers: Servers,
  directory: string,
  small: boolean,
): Promise<CallCounts> {
  const chunkSizeBytes = small ? smallChunkBytes : wholeChunkBytes;
  const sizeBytes = small ? chunkCount(4 * GiB, wholeChunkBytes) * smallChunkBytes : 4 * GiB;
  const { key } = await serveFilm(servers, directory, 'counted.mp4', sizeBytes);
  const { s3Url, bucket } = servers;
  const sink = await servers.sinkFor(chunkSizeBytes);
  const answer = await transfer({ s3Url, bucket, key, sink });
  return {
    sizeBytes,
    chunkSizeBytes,
    ...(await countsOf(servers, answer, sizeBytes, chunkSizeBytes)),
  };
}

async function transfer(question: TransferQuestion): Promise<TransferAnswer> {
  const file = new URL('./processes/counted-transfer.ts', import.meta.url);
  const worker = startProcess(file);
  const answer = await worker.ask<TransferAnswer>(question).finally(() => worker.end());
  if (answer.status === 'SUCCEEDED') return answer;
  throw new TransferError('UnexpectedError', `the counted transfer ended ${answer.status}`);
}

async function countsOf(
  servers: Servers,
  { transitions, entered }: TransferAnswer,
  sizeBytes: number,
  chunkSizeBytes: number,
) {
  const { s3, sink } = await servers.takeCounts();
  const chunks = chunkCount(sizeBytes, chunkSizeBytes);
  const pauses = (entered.WaitToConfirm ?? 0) + (entered.WaitForAsset ?? 0);
  return {
    chunks,
    ranges: Math.ceil(chunks / chunksPerRange(chunkSizeBytes)),
    heads: s3.HEAD ?? 0,
    gets: s3.GET ?? 0,
    puts: sink.put ?? 0,
    presigns: sink.presign ?? 0,
    reports: sink.report ?? 0,
    transitions: transitions - statesPerPollRound * pauses,
  };
}
