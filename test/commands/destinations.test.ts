import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { startSelfCommunity } from '#local/simulators/selfcommunity/server.ts';
import {
  type SevenBridgesSimulator,
  startSevenBridges,
} from '#local/simulators/seven-bridges/server.ts';
import { destinations } from '#src/destinations/registry.ts';
import { runShared } from './run-command.ts';

describe('npm run demo', () => {
  it.each(destinations.filter(({ kind }) => kind !== 'twelvelabs'))(
    '--destination $kind shows equal digests, in the words of the service',
    async ({ kind, title, asset }) => {
      const args = ['--destination', kind, '--size', '4MiB'];
      const { code, stdout, stderr } = await runShared('demo', args);
      expect(stderr).toContain(`Moving it into the simulated ${title}.`);
      expect(stdout).toMatch(new RegExp(`^${asset} id +\\w+$`, 'm'));
      expect(stdout).toContain(`until the ${asset} was ready`);
      expect(stdout).toMatch(/SHA-256 in S3 +([0-9a-f]{64})\nSHA-256 arrived +\1 {2}equal/);
      expect(code).toBe(0);
    },
  );

  it('rejects an unknown destination and names the known ones', async () => {
    const { code, stderr } = await runShared('demo', ['--destination', 'youtube']);
    expect(code).toBe(exitCodes.usage);
    expect(stderr).toContain(
      "argument 'youtube' is invalid. Allowed choices are twelvelabs, seven-",
    );
  });
});

describe('npm run ingest --destination seven-bridges', () => {
  let simulator: SevenBridgesSimulator;
  let folder: string;
  let film: string;

  beforeAll(async () => {
    simulator = await startSevenBridges();
    folder = await mkdtemp(join(tmpdir(), 'other-destination-'));
    film = join(folder, 'reads.mp4');
    await writeFile(film, 'reads of a genome');
  });

  afterAll(async () => {
    await simulator.close();
    await rm(folder, { recursive: true });
  });

  function ingest(args: readonly string[], environment: Record<string, string> = {}) {
    const all = [film, '--destination', 'seven-bridges', '--state-dir', folder, ...args];
    return runShared('ingest', all, { SEVEN_BRIDGES_TOKEN: simulator.token, ...environment });
  }

  const server = () => ['--base-url', simulator.baseUrl, '--project', simulator.project];

  it('moves a file by options, and prints the file id as its last line', async () => {
    const { code, stdout } = await ingest(server());
    expect(code).toBe(0);
    expect(stdout).toMatch(/^file id +\w+$/m);
    const id = stdout.trim().split('\n').at(-1);
    const [entry] = simulator.entries();
    expect(entry).toMatchObject({ id, name: 'reads.mp4' });
  });

  it('continues by the variables of the same settings: they are the same destination', async () => {
    const { code, stdout } = await ingest([], {
      SEVEN_BRIDGES_BASE_URL: simulator.baseUrl,
      SEVEN_BRIDGES_PROJECT: simulator.project,
    });
    expect(code).toBe(0);
    expect(stdout).toContain('A file with this content exists. Use --force to ingest it again.');
  });

  it.each([
    [[], 'Invalid SEVEN_BRIDGES_ENVIRONMENT: set either this or the base URL.'],
    [
      ['--environment', 'hyena', '--project', 'a/b'],
      'Invalid SEVEN_BRIDGES_ENVIRONMENT "hyena": must be one of "cavatica",',
    ],
    [
      ['--environment', 'cavatica', '--project', 'a/b', '--part-size-bytes', '12'],
      'Invalid SEVEN_BRIDGES_PART_SIZE_BYTES 12: must be at least 5242880.',
    ],
  ])('rejects %j with one line', async (args, line) => {
    const { code, stderr } = await ingest(args);
    expect(code).toBe(exitCodes.usage);
    expect(stderr).toContain(line);
  });

  it('names the variable of a rejected token, and never prints the token', async () => {
    const other = 'canary-of-another-token-0000000000';
    const { code, stderr } = await ingest([...server(), '--force'], { SEVEN_BRIDGES_TOKEN: other });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /CredentialsRejectedError: .* Put a valid API key into SEVEN_BRIDGES_TOKEN, then run/,
    );
    expect(stderr).not.toContain(other);
  });
});

it('npm run ingest moves a PDF file to SelfCommunity, whose completion compares the MD5', async () => {
  const community = await startSelfCommunity();
  const folder = await mkdtemp(join(tmpdir(), 'pdf-'));
  const pdf = join(folder, 'paper.pdf');
  await writeFile(pdf, 'a paper');
  const options = ['--destination', 'selfcommunity', '--base-url', community.baseUrl];
  const { code, stdout } = await runShared('ingest', [pdf, ...options, '--state-dir', folder], {
    SELFCOMMUNITY_TOKEN: community.token(),
  });
  const [media] = community.media();
  await Promise.all([community.close(), rm(folder, { recursive: true })]);
  expect(code).toBe(0);
  expect(media).toMatchObject({ filename: 'paper.pdf' });
  expect(stdout.trim().split('\n').at(-1)).toBe(String(media?.id));
});
