import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';

const main = new URL('../../local/simulators/twelvelabs/main.ts', import.meta.url).pathname;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'twelvelabs-process-test-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function uploadOneChunk(baseUrl: string, apiKey: string): Promise<string> {
  const created = await fetch(`${baseUrl}/assets/multipart-uploads`, {
    method: 'POST',
    headers: { 'x-api-key': apiKey },
    body: JSON.stringify({ filename: 'a.mp4', type: 'video', total_size: 3 }),
  });
  const { asset_id: assetId, upload_urls: urls } = JSON.parse(await created.text());
  await fetch(urls[0].url, { method: 'PUT', body: 'abc' });
  return assetId;
}

describe('the TwelveLabs simulator as a process', () => {
  it('prints its addresses, counts on demand, and removes its files on SIGTERM', async () => {
    const env = { ...process.env, TMPDIR: folder };
    const child = spawn(process.execPath, [main, '--chunk-size', '2', '--no-single-use'], { env });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { baseUrl, apiKey } = JSON.parse((await lines.next()).value ?? '');
    await uploadOneChunk(baseUrl, apiKey);
    child.stdin.write('counts\n');
    expect(JSON.parse((await lines.next()).value ?? '')).toEqual({ create: 1, put: 1 });
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('rejects a size that is not a number with one line', async () => {
    const child = spawn(process.execPath, [main, '--chunk-size', 'banana']);
    const stderr = await child.stderr.setEncoding('utf8').toArray();
    expect(stderr.join('')).toMatch(/^error: .*banana.*whole number.*\n$/);
  });

  it('stores one file for each chunk while it runs', async () => {
    const simulator = await startTwelveLabs({ directory: folder, chunkSizeBytes: 3 });
    const assetId = await uploadOneChunk(simulator.baseUrl, simulator.apiKey);
    const [own = ''] = await readdir(folder);
    expect(await readdir(join(folder, own))).toHaveLength(1);
    expect(await simulator.storedSha256(assetId)).toMatch(/^ba7816bf/);
    await simulator.close();
  });

  it('stores only size and MD5 in the mode "discard"', async () => {
    const simulator = await startTwelveLabs({ store: 'discard', chunkSizeBytes: 3 });
    const assetId = await uploadOneChunk(simulator.baseUrl, simulator.apiKey);
    expect(simulator.sessions()[0]?.chunks[0]?.stored).toMatchObject({
      sizeBytes: 3,
      md5: '900150983cd24fb0d6963f7d28e17f72',
    });
    await expect(simulator.storedSha256(assetId)).rejects.toThrow('discard');
    await simulator.close();
  });
});
