import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type SevenBridgesSimulator,
  startSevenBridges,
} from '#local/simulators/seven-bridges/server.ts';
import type { SevenBridgesOptions } from '#local/simulators/seven-bridges/switches.ts';
import { findPython, startVendorClient, type VendorClient } from './vendor-client.ts';

const MiB = 1024 * 1024;
const partBytes = 5 * MiB;
const python = await findPython();

interface Stand {
  readonly simulator: SevenBridgesSimulator;
  readonly client: VendorClient;
}

async function open(program: string, options: SevenBridgesOptions = {}): Promise<Stand> {
  const simulator = await startSevenBridges(options);
  onTestFinished(() => simulator.close());
  return { simulator, client: startVendorClient(program, simulator) };
}

/** Writes a file of random bytes, which ends with the test. */
async function fileOf(sizeBytes: number): Promise<{ path: string; sha256: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'seven-bridges-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const bytes = randomBytes(sizeBytes);
  const path = join(folder, 'reads.fastq.gz');
  await writeFile(path, bytes);
  return { path, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function describeClient(program: string): void {
  it.each([
    ['several parts', 2 * partBytes + 7],
    ['whole parts', 2 * partBytes],
    ['one small part', 3],
    ['no byte, as one empty part', 0],
  ])('uploads a file of %s', async (_, sizeBytes) => {
    const { simulator, client } = await open(program);
    const { path, sha256 } = await fileOf(sizeBytes);
    const options = { path, project: simulator.project, part_size: partBytes };
    const { status, file } = await client('upload', options);
    expect(status).toBe('COMPLETED');
    expect(file).toMatchObject({ name: 'reads.fastq.gz', size: sizeBytes });
    const [entry] = simulator.entries();
    expect(simulator.storedSha256(entry?.id ?? '')).toBe(sha256);
    expect(simulator.calls.filter((call) => call.operation === 'put' && call.hasToken)).toEqual([]);
  });

  it('uses the part size that the service returns', async () => {
    const { simulator, client } = await open(program, { partSize: 2 * MiB });
    const { path, sha256 } = await fileOf(5 * MiB);
    await client('upload', { path, project: simulator.project });
    expect(simulator.calls.filter(({ operation }) => operation === 'put')).toHaveLength(3);
    expect(simulator.storedSha256(simulator.entries()[0]?.id ?? '')).toBe(sha256);
  });

  it.each([
    ['exact', 'FAILED'],
    ['any', 'COMPLETED'],
  ] as const)(
    'sends a byte beyond whole parts in the last of them; sizes: %s',
    async (partSizes, status) => {
      const { simulator, client } = await open(program, { partSizes });
      const { path } = await fileOf(2 * partBytes + 1);
      const options = { path, project: simulator.project, part_size: partBytes };
      expect(await client('upload', options)).toMatchObject({ status });
      const sizes = [...(simulator.uploads()[0]?.stored ?? [])].sort(([a], [b]) => a - b);
      expect(sizes.map(([, part]) => part.sizeBytes)).toEqual([partBytes, partBytes + 1, 0]);
    },
  );

  it('fails for a taken name, and replaces the file with overwrite', async () => {
    const { simulator, client } = await open(program);
    const first = await fileOf(10);
    const second = await fileOf(20);
    const { project } = simulator;
    await client('upload', { path: first.path, project });
    expect(await client('upload', { path: second.path, project })).toMatchObject({
      status: 'FAILED',
    });
    await client('upload', { path: second.path, project, overwrite: true });
    expect(simulator.entries().map(({ size }) => size)).toEqual([20]);
  });

  it('uploads into a folder, and finds the file there', async () => {
    const { simulator, client } = await open(program);
    const folder = await client('folder', { name: 'runs', project: simulator.project });
    const { path } = await fileOf(10);
    await client('upload', { path, parent: folder.id });
    const found = await client('query', { parent: folder.id, names: ['reads.fastq.gz'] });
    expect(found).toMatchObject([{ name: 'reads.fastq.gz' }]);
  });

  it('reads the rate limit', async () => {
    const { client } = await open(program);
    expect(await client('limit')).toMatchObject({ limit: 1000 });
  });
}

describe("the vendor's own client, sevenbridges-python, at the simulator of Seven Bridges", () => {
  if ('program' in python) describeClient(python.program);
  else {
    it(`is not asked: ${python.missing}`, () => {
      console.warn(`sevenbridges-python is not asked: ${python.missing}`);
      expect(python.missing).not.toBe('');
    });
  }
});
