import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { createFilm } from '../processes/films.ts';
import { type Servers, startServers } from '../processes/servers.ts';
import { startProcess } from '../processes/worker-process.ts';
import type { CountedTransfer, TransferRequest, TransferResult } from './counted-transfer.ts';

/** A transfer to count. Its object has a CRC64NVME, as new objects in S3 have. */
export interface TransferPlan {
  readonly sizeBytes: number;
  readonly chunkSizeBytes: number;
  /** The transfer whose chunks, ranges and calls it has, at a fraction of the bytes. */
  readonly represents?: { readonly sizeBytes: number; readonly chunkSizeBytes: number };
}

/**
 * Moves objects through the whole state machine, as it deploys, and counts what each transfer uses.
 * @throws UnexpectedError - a transfer did not end as `ready`
 */
export async function countTransfers(
  plans: readonly TransferPlan[],
  directory: string,
): Promise<CountedTransfer[]> {
  const servers = await startServers();
  try {
    const counted: CountedTransfer[] = [];
    for (const plan of plans) counted.push(await countTransfer(servers, plan, directory));
    return counted;
  } finally {
    await servers.close();
  }
}

async function countTransfer(
  servers: Servers,
  plan: TransferPlan,
  directory: string,
): Promise<CountedTransfer> {
  const { sizeBytes, chunkSizeBytes } = plan;
  const key = `counted-${sizeBytes}-${chunkSizeBytes}.mp4`;
  const folder = join(directory, `counted-${sizeBytes}`);
  await mkdir(folder, { recursive: true });
  await servers.serve(key, await createFilm(folder, sizeBytes), { hasChecksum: true });
  const sink = await servers.sinkFor(chunkSizeBytes);
  await servers.takeCounts();
  const result = await run({ source: servers.source, key, sink });
  const { s3 = {}, sink: calls = {} } = (await servers.takeCounts()) ?? {};
  return { ...result, ...plan, s3, sink: calls };
}

async function run(request: TransferRequest): Promise<TransferResult> {
  const worker = startProcess(new URL('./counted-transfer.ts', import.meta.url));
  const result = await worker.request<TransferResult>(request).finally(() => worker.end());
  if (result.outcome === 'ready') return result;
  throw new TransferError(
    'UnexpectedError',
    `The counted transfer ended with ${JSON.stringify(result.outcome)}: expected "ready"`,
  );
}
