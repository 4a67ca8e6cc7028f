import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import { runProgram } from '../program-harness.ts';

/** A folder of files, and a simulated TwelveLabs whose key and address are in the environment. */
export interface LocalFiles {
  readonly folder: string;
  readonly simulator: TwelveLabsSimulator;
  /** Runs `chunkferry ingest` with a state folder of its own. */
  ingest(...argv: string[]): ReturnType<typeof runProgram>;
}

/** Opens the folder and the simulator for the tests of a file. */
export function useLocalFiles(): LocalFiles {
  const folder = mkdtempSync(join(tmpdir(), 'ingest-files-'));
  let simulator: TwelveLabsSimulator;
  beforeAll(async () => {
    simulator = await startTwelveLabs({ store: 'memory' });
    writeFiles(folder);
  });
  beforeEach(() => {
    Object.assign(process.env, {
      TWELVE_LABS_API_KEY: simulator.apiKey,
      TWELVELABS_BASE_URL: simulator.baseUrl,
    });
  });
  afterAll(async () => {
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder,
    get simulator() {
      return simulator;
    },
    ingest: (...argv) => runProgram(['ingest', ...argv, '--state-dir', join(folder, 'state')]),
  };
}

function writeFiles(folder: string): void {
  mkdirSync(join(folder, 'reels/inner/.hidden'), { recursive: true });
  mkdirSync(join(folder, 'empty'));
  mkdirSync(join(folder, 'texts'));
  writeFileSync(join(folder, 'reels/one.mp4'), Buffer.alloc(100_000, 1));
  writeFileSync(join(folder, 'reels/inner/two [x].mov'), Buffer.alloc(100_000, 2));
  writeFileSync(join(folder, 'reels/inner/.hidden/three.mp4'), 'hidden');
  writeFileSync(join(folder, 'reels/notes.txt'), 'notes');
  writeFileSync(join(folder, 'texts/notes.txt'), 'notes');
}
