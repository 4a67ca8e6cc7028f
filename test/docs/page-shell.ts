import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import { isLine, linesNotRun, linesOfPages, stackLines } from '../../deploy-test/pages/lines.ts';
import { startS3Double } from '../doubles/s3/s3-double.ts';

/** All command lines of the pages. */
export const lines = await linesOfPages('.');

/** Returns the names of the lines of the deployment test that a line is. */
export const forStack = (line: string) => stackLines.filter((name) => isLine(line, name));

/** The lines that run here: all that are in neither list. */
export const local = lines.filter((line) => forStack(line).length === 0 && !(line in linesNotRun));

/** How a line ended. */
export interface LineResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A shell in a folder that looks like a clone, with a simulated TwelveLabs and an S3 in its environment. */
export interface PageShell {
  readonly simulator: TwelveLabsSimulator;
  /** Runs a line of the pages as written, without `npm ci`. */
  run(line: string): Promise<LineResult>;
  close(): Promise<void>;
}

export async function openPageShell(): Promise<PageShell> {
  const simulator = await startTwelveLabs({ store: 'memory' });
  const s3 = await startS3Double({ buckets: ['my-bucket'] });
  const traits = { contentType: 'video/mp4' };
  s3.put('my-bucket', 'archive/film.mp4', Buffer.alloc(1_000_000, 'an object'), traits);
  const folder = await cloneOf('.');
  for (const name of ['film.mp4', 'my.mp4'])
    await copyFile('local/media/sample.mp4', join(folder, name));
  return {
    simulator,
    run: (line) => runIn(folder, line, { simulator, endpoint: s3.endpoint }),
    async close() {
      await Promise.all([simulator.close(), s3.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const needed = 'package.json cdk.json node_modules src functions infra local cli'.split(' ');

/** Creates a writable folder with links to everything that the commands need. */
async function cloneOf(root: string): Promise<string> {
  const clone = await mkdtemp(join(tmpdir(), 'readme-'));
  for (const name of needed) await symlink(resolve(root, name), join(clone, name));
  return clone;
}

interface Services {
  readonly simulator: TwelveLabsSimulator;
  /** Of the S3. */
  readonly endpoint: string;
}

function runIn(folder: string, line: string, { simulator, endpoint }: Services) {
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  const env = {
    ...{ PATH, NODE_COMPILE_CACHE },
    HOME: folder,
    TWELVE_LABS_API_KEY: simulator.apiKey,
    TWELVELABS_BASE_URL: simulator.baseUrl,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: `AKIA${'USER'.repeat(4)}`,
    AWS_SECRET_ACCESS_KEY: 'the-users-own',
    npm_config_update_notifier: 'false',
  };
  const call = ['-c', `set -o pipefail; ${line.replace('npm ci && ', '')}`];
  return new Promise<LineResult>((done) => {
    const child = execFile('bash', call, { cwd: folder, env }, (_, stdout, stderr) =>
      done({ code: child.exitCode, stdout, stderr }),
    );
  });
}
