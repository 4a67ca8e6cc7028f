import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { FrontRequest } from '../processes/front.ts';
import { type Servers, type Sink, startTable } from '../processes/servers.ts';
import { startProcess } from '../processes/worker-process.ts';
import { startVersitygw } from './versitygw.ts';

/**
 * Starts versitygw as the source and as the upload host, with a front that speaks TwelveLabs' API and
 * gives out presigned URLs of the second one. Every mover then reads from and writes to the same servers.
 */
export async function startS3Servers(program: string, directory: string): Promise<Servers> {
  const folder = await mkdtemp(join(directory, 's3-'));
  const source = await startVersitygw(program, folder, 'films');
  const target = await startVersitygw(program, folder, 'assets');
  const front = startProcess(new URL('../processes/front.ts', import.meta.url));
  const table = startTable();
  const stored = new Set<string>();
  return {
    source: source.bucket,
    target: target.bucket,
    tableUrl: await table.request<string>({}),
    environment: {},
    async serve(key, film) {
      if (stored.has(key)) return;
      await source.put(key, film);
      stored.add(key);
    },
    sinkFor: (chunkSizeBytes) =>
      front.request<Sink>({ target: target.bucket, chunkSizeBytes } satisfies FrontRequest),
    takeCounts: async () => undefined,
    clear: () => target.clear(),
    async close() {
      const servers = [front.end(), table.end(), source.close(), target.close()];
      await Promise.all(servers);
    },
  };
}
