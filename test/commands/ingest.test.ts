import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import { runShared, runToEnd } from './run-command.ts';

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
});

beforeEach(async () => {
  simulator.calls.clear();
  simulator.faults.clear();
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
  it('sends a file once: prints the id of the asset, then that the asset exists', async () => {
    const call = [film, '--metadata', '{"tags":["a","b"],"season":2026,"none":null}'];
    const first = await runToEnd('ingest', call, environment);
    const again = await runShared('ingest', [...call, '--json'], environment);
    const assetId = first.stdout.trim().split('\n').at(-1) ?? '';
    expect([first.code, again.code]).toEqual([0, 0]);
    expect(await simulator.storedSha256(assetId)).toBe(sha256);
    expect(simulator.calls.count('put')).toBe(chunks);
    // Lists of strings pass; null values do not.
    const userMetadata = { tags: ['a', 'b'], season: 2026 };
    expect(simulator.sessions().at(-1)?.userMetadata).toEqual(userMetadata);
    expect(JSON.parse(again.stdout)).toMatchObject({ status: 'already-ingested', assetId });
  });

  it.each([
    ['--metadata', '{"id":9007199254740993}', /^InvalidInputError: Invalid --metadata\.id .* text/],
    [
      '--metadata',
      '[]',
      /^InvalidInputError: Invalid --metadata \[\]: must be a JSON object\. (?!The smallest)/,
    ],
    ['--filename', '', /^InvalidInputError: Invalid --filename "": must not be empty/],
  ])('rejects %s %j before it reads the file', async (flag, value, line) => {
    const { code, stderr } = await runShared('ingest', [film, flag, value], environment);
    expect([code, simulator.calls.count('create')]).toEqual([exitCodes.usage, 0]);
    expect(stderr).toMatch(line);
  });

  it.each([
    ['s3://nope/x', 'usage', /s3:\/\/nope\/x/],
    ['s3://nope', 'usage', /s3:\/\/nope/],
    ['no-such-film.mp4', 'notFound', /no-such-film\.mp4/],
    ['package.json', 'failed', /package\.json/],
  ] as const)(
    'rejects %s (%s) with one line that names it, and creates nothing',
    async (...row) => {
      const [source, ending, named] = row;
      const { code, stdout, stderr } = await runShared('ingest', [source], environment);
      expect(code).toBe(exitCodes[ending]);
      expect(stdout).toBe('');
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stderr).toMatch(named);
      expect(simulator.calls.count('create')).toBe(0);
    },
  );

  it('names the variable of a missing API key', async () => {
    const { code, stderr } = await runToEnd('ingest', [film], {});
    expect(code).toBe(exitCodes.usage);
    expect(stderr).toContain('TWELVE_LABS_API_KEY is not set');
  });

  it('never shows the API key', async () => {
    const { stdout, stderr } = await runShared('ingest', [film, '--json'], {
      ...environment,
      TWELVE_LABS_API_KEY: 'canary-of-a-key',
    });
    expect(`${stdout}${stderr}`).toContain('CredentialsRejectedError');
    expect(`${stdout}${stderr}`).not.toContain('canary-of-a-key');
  });
});
