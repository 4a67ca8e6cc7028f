import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { startDynamoDb } from '#local/emulators/dynamodb.ts';
import { startServer } from '../../http/http-server.ts';
import { useLocalFiles } from './local-files.ts';

const files = useLocalFiles();
const { folder, ingest } = files;

describe('chunkferry ingest of files, each in a process of its own', () => {
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
    expect(files.simulator.calls.count('create')).toBe(2);
  });

  it('goes on after a file that fails, and ends with 1', async () => {
    writeFileSync(join(folder, 'zero.mp4'), '');
    const sources = [join(folder, 'zero.mp4'), join(folder, 'reels/one.mp4')];
    const { code, stdout } = await ingest(...sources, '--json', '--parallel', '1');
    expect(code).toBe(exitCodes.failed);
    expect(JSON.parse(stdout).sources).toEqual([
      {
        source: sources[0],
        status: 'failed',
        cause: expect.stringMatching(/^SourceEmptyError: .*zero\.mp4" has 0 bytes\. /),
      },
      expect.objectContaining({ source: sources[1], status: 'already-ingested' }),
    ]);
  });

  it('moves two files with the same content once: the second is the asset of the first', async () => {
    const twins = join(folder, 'twins');
    mkdirSync(twins);
    for (const name of ['a.mp4', 'b.mp4'])
      writeFileSync(join(twins, name), Buffer.alloc(60_000, 'twin'));
    const { code, stdout } = await ingest(twins, '--json');
    const { sources } = JSON.parse(stdout);
    expect([code, sources.map(({ status }: { status: string }) => status).sort()]).toEqual([
      0,
      ['already-ingested', 'ready'],
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
