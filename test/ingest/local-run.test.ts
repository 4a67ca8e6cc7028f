import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openLocalRun } from '#local/ingest/local-run.ts';
import { withUserNames } from '#local/ingest/source.ts';
import { defaultStateHome } from '#local/ingest/state-home.ts';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import { readSettings } from '#src/config/environment.ts';
import { sevenBridges } from '#src/destinations/seven-bridges/definition.ts';
import { twelveLabs } from '#src/destinations/twelvelabs/definition.ts';

const nothing = () => {};
const destination = { definition: twelveLabs, environment: {} };
const silent = {
  log: { info: nothing, warn: nothing, error: nothing },
  meter: { add: nothing },
};

it('a file that changes between hashing and HEAD creates no asset', async () => {
  const simulator = await startTwelveLabs({ store: 'memory' });
  const folder = await mkdtemp(join(tmpdir(), 'changed-file-'));
  vi.stubEnv('TWELVE_LABS_API_KEY', simulator.apiKey);
  vi.stubEnv('TWELVELABS_BASE_URL', simulator.baseUrl);
  const film = join(folder, 'film.mp4');
  await writeFile(film, 'a film');
  const run = await openLocalRun(film, { stateDir: folder }, destination, silent, nothing);
  onTestFinished(async () => {
    await Promise.all([run.close(), simulator.close()]);
    await rm(folder, { recursive: true });
    vi.unstubAllEnvs();
  });
  await appendFile(film, ' and more');
  const { bucket, key } = run.source;
  const result = await run.start({ bucket, key, filename: 'film.mp4' }).result;
  expect([result.error, simulator.calls.count('create')]).toEqual(['SourceSupersededError', 0]);
});

it.each(['./$&x.mp4', '$`.mp4', "$'.mp4", '$$.mp4'])('shows the file %s by its name', (name) => {
  const source = { name, bucket: 'this-computer', key: 'abc', stateId: 'abc' };
  expect(withUserNames('s3://this-computer/abc is gone', source)).toBe(`${name} is gone`);
});

it.each([
  ['HTTPS_PROXY', 'socks5h://127.0.0.1:1', 'Invalid HTTPS_PROXY'],
  ['UPLOAD_REPLY_MS', 'soon', 'Invalid UPLOAD_REPLY_MS "soon": '],
  ['PRIVATE_UPLOAD_HOSTS', 'yes', 'Invalid PRIVATE_UPLOAD_HOSTS "yes": '],
  ['TWELVELABS_BASE_URL', 'ftp://127.0.0.1', 'Invalid TwelveLabs base URL'],
  ['TWELVELABS_BASE_URL', 'https://a.example/v1.3\r', 'and without blanks'],
])('rejects an invalid %s before a file is read', async (name, value, message) => {
  vi.stubEnv('TWELVE_LABS_API_KEY', 'key');
  vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const opening = openLocalRun('no-such-film.mp4', {}, destination, silent, nothing);
  await expect(opening).rejects.toMatchObject({
    name: 'ConfigurationError',
    message: expect.stringContaining(message),
  });
});

it.each([
  [{}, 'Invalid SEVEN_BRIDGES_PROJECT: set either this or the parent.'],
  [{ SEVEN_BRIDGES_PROJECT: 'ada/genomes' }, 'SEVEN_BRIDGES_TOKEN is not set.'],
  [
    { SEVEN_BRIDGES_PROJECT: 'genomes' },
    'Invalid SEVEN_BRIDGES_PROJECT "genomes": must be owner/name',
  ],
])('rejects %j for another destination before a file is read', async (set, message) => {
  const environment = { SEVEN_BRIDGES_ENVIRONMENT: 'cavatica', ...set };
  const other = { definition: sevenBridges, environment };
  const opening = openLocalRun('no-such-file.bam', {}, other, silent, nothing);
  await expect(opening).rejects.toMatchObject({
    name: 'ConfigurationError',
    message: expect.stringContaining(message),
  });
});

it('takes an empty setting of the environment for one that is not set', () => {
  expect(readSettings({ UPLOAD_REPLY_MS: '', PRIVATE_UPLOAD_HOSTS: '' })).toEqual(readSettings({}));
});

it.each(['', 'relative/state'])(
  'keeps the proofs in the home of the user if XDG_STATE_HOME is "%s"',
  (set) => {
    const home = defaultStateHome({ XDG_STATE_HOME: set });
    expect(home).toBe(join(homedir(), '.local/state/chunkferry'));
  },
);
