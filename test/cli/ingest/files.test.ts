import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { startDynamoDb } from '#local/emulators/dynamodb.ts';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import { nextStepOf } from '#src/core/errors/error-lookup.ts';
import { startServer } from '../../http/http-server.ts';
import { runProgram } from '../program-harness.ts';

let simulator: TwelveLabsSimulator;
let folder: string;

beforeAll(async () => {
  simulator = await startTwelveLabs({ store: 'memory' });
  folder = mkdtempSync(join(tmpdir(), 'ingest-files-'));
  mkdirSync(join(folder, 'reels/inner/.hidden'), { recursive: true });
  mkdirSync(join(folder, 'empty'));
  mkdirSync(join(folder, 'texts'));
  writeFileSync(join(folder, 'reels/one.mp4'), Buffer.alloc(100_000, 1));
  writeFileSync(join(folder, 'reels/inner/two [x].mov'), Buffer.alloc(100_000, 2));
  writeFileSync(join(folder, 'reels/inner/.hidden/three.mp4'), 'hidden');
  writeFileSync(join(folder, 'reels/notes.txt'), 'notes');
  writeFileSync(join(folder, 'texts/notes.txt'), 'notes');
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

const ingest = (...argv: string[]) =>
  runProgram(['ingest', ...argv, '--state-dir', join(folder, 'state')]);

describe('chunkferry ingest of files', () => {
  it('moves the files of a folder, two at once, and says what it leaves out', async () => {
    const { code, stdout, stderr } = await ingest(join(folder, 'reels'), '--json');
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('Leaves out 1 file that TwelveLabs'),
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      sources: [
        { source: join(folder, 'reels/inner/two [x].mov'), status: 'ready' },
        { source: join(folder, 'reels/one.mp4'), status: 'ready' },
      ],
    });
    expect(simulator.calls.count('create')).toBe(2);
  });

  it.each([
    ['empty', exitCodes.notFound, 'the folder has no visible files.'],
    ['texts', exitCodes.notFound, 'TwelveLabs takes none of its 1 files by their extensions.'],
    ['*.mov', exitCodes.notFound, 'no file matches it.'],
    ['no-such.mp4', exitCodes.notFound, 'it does not exist.'],
  ])('rejects %s by one line', async (name, ending, flaw) => {
    const { code, stdout, stderr } = await ingest(join(folder, name));
    expect([code, stdout]).toEqual([ending, '']);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(flaw)]);
  });

  it('goes on after a file that fails, and ends with 1', async () => {
    writeFileSync(join(folder, 'zero.mp4'), '');
    const files = [join(folder, 'zero.mp4'), join(folder, 'reels/one.mp4')];
    const { code, stdout } = await ingest(...files, '--json', '--parallel', '1');
    expect(code).toBe(exitCodes.failed);
    expect(JSON.parse(stdout).sources).toEqual([
      {
        source: files[0],
        status: 'failed',
        cause: expect.stringMatching(/^SourceEmptyError: .*zero\.mp4" has 0 bytes\. /),
      },
      expect.objectContaining({ source: files[1], status: 'already-ingested' }),
    ]);
  });

  it('ends with 8 while another run sends the same content', async () => {
    const bytes = Buffer.alloc(50_000, 'held');
    writeFileSync(join(folder, 'held.mp4'), bytes);
    const content = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    const other = await startDynamoDb({ directory: join(folder, 'state', content, 'table') });
    const main = fileURLToPath(new URL('../../../cli/main.js', import.meta.url));
    const call = [main, 'ingest', join(folder, 'held.mp4'), '--state-dir', join(folder, 'state')];
    const { status, stdout, stderr } = spawnSync(process.execPath, call, { encoding: 'utf8' });
    await other.close();
    expect([status, stdout]).toEqual([exitCodes.busy, '']);
    expect(stderr.trim().split('\n').at(-1)).toMatch(
      /is in use: another run is using it\. Wait for it to end/,
    );
  });

  it('ends with the exit code of the one local run that it starts', async () => {
    // Its process writes to the streams of the program.
    const main = fileURLToPath(new URL('../../../cli/main.js', import.meta.url));
    const call = [main, 'ingest', join(folder, 'reels/one.mp4'), '--metadata', 'no JSON'];
    const { status, stderr } = spawnSync(process.execPath, call, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([exitCodes.usage, expect.stringContaining('--metadata')]);
  });

  it('rejects options that only a stack has', async () => {
    const { code, stderr } = await ingest(join(folder, 'reels'), '--detach');
    expect([code, stderr]).toEqual([2, expect.stringContaining('Invalid option "--detach"')]);
  });

  it('names a missing key once, before it starts a process', async () => {
    delete process.env.TWELVE_LABS_API_KEY;
    const { code, stderr } = await ingest(join(folder, 'reels'));
    expect(code).toBe(exitCodes.usage);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringContaining('TWELVE_LABS_API_KEY is not set'),
    ]);
    expect(stderr).toContain(nextStepOf('ConfigurationError', 'local'));
  });

  it('rejects --stack for a local run', async () => {
    const { code, stderr } = await ingest('s3://films/a.mp4', '--local', '--stack', 'Other');
    expect([code, stderr]).toEqual([2, expect.stringContaining('Invalid option "--stack"')]);
  });

  it('reads objects with the profile and the Region of the call', async () => {
    const scopes: string[] = [];
    const server = await startServer((request, response) => {
      scopes.push(String(request.headers.authorization));
      response.writeHead(404).end();
    });
    writeFileSync(
      join(folder, 'credentials'),
      '[other]\naws_access_key_id = OTHER\naws_secret_access_key = b\n',
    );
    Object.assign(process.env, {
      AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
      AWS_ENDPOINT_URL_S3: server.origin,
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'c',
      AWS_REGION: 'eu-west-1',
    });
    const urls = ['s3://films/a.mp4', 's3://films/b.mp4'];
    await ingest(...urls, '--local', '--profile', 'other', '--region', 'eu-north-1');
    await server.close();
    expect(scopes).not.toEqual([]);
    for (const scope of scopes) expect(scope).toMatch(/Credential=OTHER\/\d+\/eu-north-1\/s3/);
  });

  it('names the signal that ended the process of the file', async () => {
    let called = () => {};
    const isCalled = new Promise<void>((resolve) => {
      called = resolve;
    });
    // It never answers.
    const server = await startServer(() => called());
    const main = fileURLToPath(new URL('../../../cli/main.js', import.meta.url));
    const call = [main, 'ingest', join(folder, 'reels/one.mp4')];
    const env = { ...process.env, TWELVELABS_BASE_URL: `${server.origin}/v1.3` };
    const state = ['--state-dir', join(folder, 'killed')];
    const program = spawn(process.execPath, [...call, ...state], { env });
    await isCalled;
    const { stdout: children } = spawnSync('pgrep', ['-P', String(program.pid)], {
      encoding: 'utf8',
    });
    process.kill(Number(children.trim()), 'SIGKILL');
    const [stderr, [code]] = await Promise.all([text(program.stderr), once(program, 'close')]);
    await server.close();
    expect([code, stderr]).toEqual([exitCodes.failed, expect.stringContaining('ended by SIGKILL')]);
  });
});
