import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import { runToEnd, startCommand } from './run-command.ts';

const MiB = 1024 * 1024;
const chunks = 12;

let simulator: TwelveLabsSimulator;
let folder: string;
let film: string;
let sha256: string;
let environment: Record<string, string>;

beforeAll(async () => {
  simulator = await startTwelveLabs({ store: 'memory', chunkSizeBytes: MiB });
  folder = await mkdtemp(join(tmpdir(), 'ingest-test-'));
  film = join(folder, 'my film.mp4');
  const bytes = Buffer.alloc(chunks * MiB, 'a film');
  sha256 = createHash('sha256').update(bytes).digest('hex');
  await writeFile(film, bytes);
  environment = {
    TWELVE_LABS_API_KEY: simulator.apiKey,
    TWELVELABS_BASE_URL: simulator.baseUrl,
    XDG_STATE_HOME: await mkdtemp(join(folder, 'state-')),
  };
});

afterAll(async () => {
  await simulator.close();
  await rm(folder, { recursive: true, force: true });
});

describe('npm run ingest', () => {
  it('N14, N4: after kill -9, sends only the chunks without a proof, and prints one JSON object', async () => {
    simulator.faults.add({ on: 'put', nth: 8, times: 1, kind: 'stall' });
    const { child, ended } = startCommand('ingest', [film], environment);
    const accepted = () => simulator.calls.of('put').filter(({ status }) => status === 200).length;
    while (accepted() < chunks - 1) await delay(20);
    await delay(1000);
    child.kill('SIGKILL');
    await ended;
    simulator.calls.clear();
    const again = await runToEnd('ingest', [film, '--json'], environment);
    expect(again.code).toBe(0);
    expect(again.stdout.trim().split('\n')).toHaveLength(1);
    const whole = { status: 'ready', bytes: chunks * MiB, chunks };
    expect(JSON.parse(again.stdout)).toMatchObject(whole);
    expect(simulator.calls.count('put')).toBe(1);
    expect(simulator.calls.count('create')).toBe(0);
    expect(await simulator.storedSha256(JSON.parse(again.stdout).assetId)).toBe(sha256);
  });
});
