import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import { isLine, linesNotRun, linesOfPages, stackLines } from '../../deploy-test/pages/lines.ts';
import { type S3Double, startS3Double } from '../doubles/s3/s3-double.ts';

const lines = await linesOfPages('.');
const forStack = (line: string) => stackLines.filter((name) => isLine(line, name));

/** The lines that run here: all that are in neither list. */
const local = lines.filter((line) => forStack(line).length === 0 && !(line in linesNotRun));

let simulator: TwelveLabsSimulator;
let s3: S3Double;
let folder: string;

beforeAll(async () => {
  simulator = await startTwelveLabs({ store: 'memory' });
  s3 = await startS3Double({ buckets: ['my-bucket'] });
  const traits = { contentType: 'video/mp4' };
  s3.put('my-bucket', 'archive/film.mp4', Buffer.alloc(1_000_000, 'an object'), traits);
  folder = await cloneOf('.');
  await copyFile('local/media/sample.mp4', join(folder, 'film.mp4'));
  await copyFile('local/media/sample.mp4', join(folder, 'my.mp4'));
});
afterAll(async () => {
  await Promise.all([simulator.close(), s3.close()]);
  await rm(folder, { recursive: true, force: true });
});

/** Creates a writable folder with links to everything that the commands need. */
async function cloneOf(root: string): Promise<string> {
  const clone = await mkdtemp(join(tmpdir(), 'readme-'));
  const needed = [
    'package.json',
    'cdk.json',
    'node_modules',
    'src',
    'functions',
    'infra',
    'local',
    'cli',
  ];
  for (const name of needed) await symlink(resolve(root, name), join(clone, name));
  return clone;
}

/** Runs a line of the pages in a shell, as written, without `npm ci`. */
function run(line: string) {
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  const env = {
    ...{ PATH, NODE_COMPILE_CACHE },
    HOME: folder,
    TWELVE_LABS_API_KEY: simulator.apiKey,
    TWELVELABS_BASE_URL: simulator.baseUrl,
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_ACCESS_KEY_ID: `AKIA${'USER'.repeat(4)}`,
    AWS_SECRET_ACCESS_KEY: 'the-users-own',
    npm_config_update_notifier: 'false',
  };
  const call = ['-c', `set -o pipefail; ${line.replace('npm ci && ', '')}`];
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((done) => {
    const child = execFile('bash', call, { cwd: folder, env }, (_, stdout, stderr) =>
      done({ code: child.exitCode, stdout, stderr }),
    );
  });
}

describe('a command line in the pages', () => {
  it('runs here or in npm run test:deploy, or is listed with the reason for not running', () => {
    expect(lines.filter((line) => forStack(line).length > 1)).toEqual([]);
    const listed = lines.filter((line) => line in linesNotRun);
    expect(listed.toSorted()).toEqual(Object.keys(linesNotRun).toSorted());
    expect(lines.length).toBe(local.length + stackLines.length + listed.length);
  });

  it.each(stackLines)('exists once for npm run test:deploy: %s', (name) => {
    expect(lines.filter((line) => isLine(line, name))).toHaveLength(1);
  });

  it.each(local)('works as written: %s', async (line) => {
    const { code, stdout, stderr } = await run(line);
    expect([code, stderr]).toEqual([0, expect.not.stringMatching(/^\s+at |Error:/m)]);
    if (line.includes('jq')) expect(stdout).toMatch(/^[0-9a-f]{24}\n$/);
  });

  it('exports only variables that the command reads', async () => {
    const help = await run('npm run ingest -- --help');
    const names = lines.flatMap((line) => /^export (\w+)=/.exec(line)?.slice(1) ?? []);
    expect(names).toEqual(['TWELVE_LABS_API_KEY', 'SEVEN_BRIDGES_TOKEN']);
    for (const name of names) expect(help.stdout).toContain(name);
  });
});

describe('N4: --json through npm itself', () => {
  // The page's own line has `npm run --silent ingest -- --json`.
  it('is one object on stdout, also if npm has --json itself', async () => {
    const { code, stdout } = await run('npm run --json ingest -- ./film.mp4 | cat');
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { assetId: expect.any(String) }]);
  });

  it.each([
    'npm run ingest -- --json ./film.mp4 | cat',
    'npm run-script ingest -- --json ./film.mp4 | cat',
    'npm run doctor -- --json | cat',
  ])('fails behind npm’s own lines, before any byte is sent: %s', async (line) => {
    simulator.calls.clear();
    const { code, stderr } = await run(line);
    const call = expect.stringMatching(/Use: npm run --silent (ingest|doctor) -- --json …/);
    expect([code, stderr]).toEqual([1, call]);
    expect(simulator.calls.counts()).toEqual({});
  });
});
