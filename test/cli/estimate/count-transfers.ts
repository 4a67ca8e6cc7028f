import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulatorOf } from '#local/commands/simulated-service.ts';
import { type DestinationKind, definitionOf } from '#src/destinations/registry.ts';
import { billOf } from '../../../bench/cost/bill.ts';
import type { TransferResult } from '../../../bench/cost/counted-transfer.ts';
import { createFilm } from '../../../bench/processes/films.ts';
import { type Servers, startServers } from '../../../bench/processes/servers.ts';
import { startProcess } from '../../../bench/processes/worker-process.ts';

/** A transfer into a simulated service, as it deploys. */
export interface CountPlan {
  readonly destination: DestinationKind;
  readonly filename: string;
  readonly sizeBytes: number;
  /** The chunks that the service or the adapter chooses for this size. */
  readonly chunkSizeBytes: number;
  /** Settings of the destination. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a transfer used, in the units of its bill. */
export interface CountedBill extends CountPlan {
  readonly units: Readonly<Record<string, number>>;
}

const MiB = 1024 * 1024;

/** Sizes of the kinds that each destination takes: one chunk, a few, many. */
export const countPlans: readonly CountPlan[] = [
  {
    destination: 'seven-bridges',
    filename: 'a.bam',
    sizeBytes: 24 * MiB,
    chunkSizeBytes: 64 * MiB,
  },
  {
    destination: 'seven-bridges',
    filename: 'b.bam',
    sizeBytes: 300 * MiB,
    chunkSizeBytes: 64 * MiB,
  },
  {
    destination: 'seven-bridges',
    filename: 'c.bam',
    sizeBytes: 300 * MiB,
    chunkSizeBytes: 5 * MiB,
    environment: { SEVEN_BRIDGES_PART_SIZE_BYTES: String(5 * MiB) },
  },
  {
    destination: 'selfcommunity',
    filename: 'a.jpg',
    sizeBytes: 1_000_000,
    chunkSizeBytes: 204_800,
  },
  {
    destination: 'selfcommunity',
    filename: 'b.jpg',
    sizeBytes: 5_000_000,
    chunkSizeBytes: 204_800,
  },
  {
    destination: 'selfcommunity',
    filename: 'c.pdf',
    sizeBytes: 40_000_000,
    chunkSizeBytes: 204_800,
  },
];

/** Moves an object for each plan through the state machine, and counts what AWS bills. */
export async function countTransfers(plans: readonly CountPlan[]): Promise<CountedBill[]> {
  const folder = mkdtempSync(join(tmpdir(), 'counted-'));
  const servers = await startServers();
  try {
    const counted: CountedBill[] = [];
    for (const plan of plans) counted.push(await countTransfer(plan, servers, folder));
    return counted;
  } finally {
    await servers.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function countTransfer(
  plan: CountPlan,
  servers: Awaited<ReturnType<typeof startServers>>,
  folder: string,
): Promise<CountedBill> {
  const { destination, filename: key, sizeBytes } = plan;
  const file = await createFilm(folder, sizeBytes);
  const md5 = createHash('md5').update(readFileSync(file.path)).digest('hex');
  await servers.serve(key, file, { hasChecksum: true, md5 });
  const simulator = await simulatorOf(definitionOf(destination, 'plan'));
  const service = await simulator.start();
  await servers.takeCounts();
  const result = await move(
    { key, environment: { ...service.environment, ...plan.environment } },
    servers,
  );
  await service.close();
  const { s3 = {} } = (await servers.takeCounts()) ?? {};
  const { lines } = billOf({ ...result, ...plan, s3, sink: {} });
  return {
    ...plan,
    units: Object.fromEntries(lines.map(({ name, quantity }) => [name, quantity])),
  };
}

async function move(
  request: { readonly key: string; readonly environment: Readonly<Record<string, string>> },
  { source, sinkFor }: Servers,
): Promise<TransferResult> {
  const worker = startProcess(new URL('../../../bench/cost/counted-transfer.ts', import.meta.url));
  const sink = await sinkFor(MiB);
  const result = await worker
    .request<TransferResult>({ ...request, source, sink })
    .finally(() => worker.end());
  if (result.outcome !== 'ready')
    throw new Error(`the transfer ended as ${JSON.stringify(result)}`);
  return result;
}
