import { appendFile, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { exitCodes } from '#cli/exit-codes.ts';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import { alreadyIngestedSchema, readySchema } from '#src/events/output.ts';
import { type Ended, runShared, runToEnd, startCommand } from './run-command.ts';

const chunkSizeBytes = 64 * 1024;
const chunks = 6;

let simulator: TwelveLabsSimulator;
let folder: string;
let film: string;
let environment: Record<string, string>;

beforeAll(async () => {
  simulator = await startTwelveLabs({ store: 'memory', chunkSizeBytes });
});
beforeEach(async () => {
  simulator.calls.clear();
  simulator.faults.clear();
  simulator.switches.assetFailure = undefined;
  folder = await mkdtemp(join(tmpdir(), 'ingest-local-file-'));
  film = join(folder, 'film.mp4');
  await writeFile(film, Buffer.alloc(chunks * chunkSizeBytes, folder));
  environment = {
    TWELVE_LABS_API_KEY: simulator.apiKey,
    TWELVELABS_BASE_URL: simulator.baseUrl,
    XDG_STATE_HOME: join(folder, 'state'),
  };
  return () => rm(folder, { recursive: true, force: true });
});
afterAll(() => simulator.close());

const lastLineOf = (text: string) => text.trim().split('\n').at(-1) ?? '';

/** Expects the file's name in the asset and in the output, without its local URL, and the processing of the asset. */
function assertShowsFile({ stdout, stderr }: Ended, file: string): void {
  expect(stdout).toContain(`\nfile      ${file}\n`);
  expect(simulator.sessions().at(-2)?.filename).toBe('film.mp4');
  expect(`${stdout}${stderr}`).not.toContain('this-computer');
  expect(stderr).toContain('The service is processing the asset');
}

/** Expects one JSON object with the file instead of the local bucket and key. */
function assertJsonOfFile(stdout: string, file: string): void {
  const output = JSON.parse(stdout);
  expect(output.file).toBe(file);
  expect(Object.keys(output)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(bucket|key|etag|versionId)$/)]),
  );
  expect(stdout).not.toContain('this-computer');
}

describe('npm run ingest of a local file', () => {
  it('N8, N6: sends new bytes as a new asset, and none after touch and mv', async () => {
    const first = await runShared('ingest', [film], environment);
    const moved = join(folder, 'moved film.mov');
    await rename(film, moved);
    await utimes(moved, new Date(0), new Date(0));
    const second = await runShared('ingest', [moved, '--json'], environment);
    const creates = simulator.calls.count('create');
    await writeFile(moved, Buffer.alloc(chunks * chunkSizeBytes, 'other bytes'));
    const third = await runShared('ingest', [moved, '--json'], environment);

    const assetId = lastLineOf(first.stdout);
    expect([first.code, second.code, third.code, creates]).toEqual([0, 0, 0, 1]);
    expect(JSON.parse(second.stdout)).toMatchObject({ status: 'already-ingested', assetId });
    // The schemas of chunkferry/events, without what exists only at S3.
    const local = { bucket: true, key: true, etag: true } as const;
    z.parse(z.omit(readySchema, local), JSON.parse(third.stdout));
    z.parse(z.omit(alreadyIngestedSchema, local), JSON.parse(second.stdout));
    expect(JSON.parse(third.stdout).assetId).not.toBe(assetId);
    assertShowsFile(first, film);
    for (const { stdout } of [second, third]) assertJsonOfFile(stdout, moved);
  });

  it('N12: takes a file without a known extension with --media-type only', async () => {
    const clip = join(folder, 'A001_C002.R3D');
    await rename(film, clip);
    const refused = await runShared('ingest', [clip], environment);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--media-type')]);
    const taken = await runShared('ingest', [clip, '--media-type', 'video'], environment);
    expect([taken.code, simulator.sessions().at(-1)?.filename]).toEqual([0, 'A001_C002.R3D']);
  });

  it('fails if the file changes while it is sent', async () => {
    simulator.faults.add({
      on: 'create',
      kind: 'callback',
      act: () => appendFile(film, 'one more frame'),
    });
    const { code, stderr } = await runShared('ingest', [film], environment);
    expect(code).toBe(1);
    expect(lastLineOf(stderr)).toMatch(/changed while it was read.*Run the command again to send/);
  });

  it('N13: first shows why the last run failed and that it sends all bytes again', async () => {
    simulator.switches.assetFailure = 'the codec is unknown';
    const first = await runShared('ingest', [film], environment);
    const second = await runShared('ingest', [film], environment);
    expect([first.code, second.code]).toEqual([1, 1]);
    const lines = second.stderr.split('\n').filter((line) => !line.startsWith('  Reading'));
    expect(lines[0]).toMatch(
      /^The last run of this content failed: AssetFailedError: .*the codec is unknown.* This run sends all bytes again\.$/,
    );
    expect(second.stderr).not.toMatch(/execution|secret|role/);
  });

  it('N5: shows a wait for the network in one line, and ends cleanly on SIGTERM', async () => {
    const offline = { ...environment, TWELVELABS_BASE_URL: 'http://127.0.0.1:9/v1.3' };
    const { child, ended } = startCommand('ingest', [film], offline);
    let shown = '';
    child.stderr?.on('data', (text) => {
      shown += text;
    });
    while (!shown.includes('Waiting') && child.exitCode === null) await delay(50);
    child.kill('SIGTERM');
    const { code, stderr } = await ended;
    expect(code).toBe(143);
    expect(stderr).toMatch(
      / {2}Waiting for the network \(ECONNREFUSED to 127\.0\.0\.1:9\), next try in \d+ s\n/,
    );
    expect(stderr.match(/Waiting/g)).toHaveLength(1);
    expect(lastLineOf(stderr)).toMatch(/^Interrupted\. Run the same command again/);
  });

  it('ignores a closed stdout', async () => {
    const { child, ended } = startCommand('ingest', [film, '--json'], environment);
    child.stdout?.destroy();
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([0, expect.not.stringMatching(/EPIPE|^\s+at /m)]);
  });
});

describe('N3: npm run ingest', () => {
  it.each([
    ['an empty file', 'empty.mp4', /^SourceEmptyError: ".*empty\.mp4" has 0 bytes\. Name a file/],
    [
      'a file of no media type',
      'notes.txt',
      /^SourceTypeUnsupportedError: Unsupported object "notes\.txt": .*usual extension/,
    ],
  ])('rejects %s with one line, at once', async (_, name, line) => {
    const file = join(folder, name);
    await writeFile(file, name.startsWith('empty') ? '' : 'text');
    const { code, stderr } = await runShared('ingest', [file], environment);
    expect([code, stderr.trim().split('\n').length]).toEqual([1, 1]);
    expect(stderr).toMatch(line);
  });

  it('rejects a state folder that cannot be created with one line that has its path', async () => {
    const home = { ...environment, XDG_STATE_HOME: join(film, 'state') };
    const { code, stderr } = await runShared('ingest', [film], home);
    expect([code, stderr.trim().split('\n').length]).toEqual([exitCodes.disk, 1]);
    expect(stderr).toMatch(
      /^ConfigurationError: .*film\.mp4\/state.*: not a directory \(ENOTDIR\)\./,
    );
  });

  it('ends with one line that has the path when the disk is full', async () => {
    const { code, stderr } = await runToEnd('ingest', [film], environment, { maxFileKiB: 8 });
    expect(code).toBe(exitCodes.disk);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(lastLineOf(stderr)).toMatch(
      /^ConfigurationError: (a file in )?\/.*: file too large( \(EFBIG\))?\. Fix this problem/i,
    );
  });
});
