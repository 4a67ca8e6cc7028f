import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runRow } from '../../bench/measure/run-row.ts';
import type { Usage } from '../../bench/measure/usage.ts';
import { type Row, rows } from '../../bench/plan/rows.ts';
import { createFilm } from '../../bench/processes/films.ts';
import { type Servers, startServers } from '../../bench/processes/servers.ts';

const MiB = 1024 * 1024;

/** The start takes 1.3 s. Other tests use the cores as well. */
const maxFirstGetSeconds = 12;

/** All processes of the command take 2.3 s, with npm's own start. The CDK alone would take 4 s more. */
const maxCpuSeconds = 5;

const maxRssMib = 250;

/**
 * Delays the bench's own worker process by 2 s, and no process of the command: only the worker has a channel to its
 * parent.
 */
const slowWorker =
  '--import=data:text/javascript,process.connected&&Atomics.wait(new(Int32Array)(new(SharedArrayBuffer)(4)),0,0,2000)';

let directory: string;
let servers: Servers;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ingest-start-'));
  servers = await startServers({ environment: { NODE_OPTIONS: slowWorker } });
});

afterAll(async () => {
  await servers?.close();
  await rm(directory, { recursive: true, force: true });
});

/** Runs the bench's row twice. The first run may compile the modules, which later runs find on the disk. */
async function secondStart(): Promise<Usage> {
  const film = await createFilm(directory, 16 * MiB);
  const row = { ...(rows.find(({ id }) => id === 'start') as Row), sizeBytes: film.sizeBytes };
  const print = () => {};
  const runs = await runRow({ servers, warmUp: film, film, directory, runs: 2, print }, row);
  return runs['npm run ingest']?.[1] as Usage;
}

describe('npm run ingest', () => {
  it('sends its first GET soon, with little CPU time and memory', async () => {
    const { firstGetSeconds, seconds, cpuSeconds, peakRssBytes } = await secondStart();
    expect(firstGetSeconds).toBeLessThan(maxFirstGetSeconds);
    // The worker of the bench starts before the command, and no user has it.
    expect(firstGetSeconds).toBeLessThan(seconds);
    expect(cpuSeconds).toBeLessThan(maxCpuSeconds);
    if (process.platform === 'linux')
      expect((peakRssBytes ?? Infinity) / MiB).toBeLessThan(maxRssMib);
  }, 60_000);
});
