import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import { type S3Double, startS3Double } from '../doubles/s3/s3-double.ts';
import { runShared } from './run-command.ts';

let simulator: TwelveLabsSimulator;
let s3: S3Double;
let folder: string;
let environment: Record<string, string>;

beforeAll(async () => {
  simulator = await startTwelveLabs({ store: 'memory' });
  s3 = await startS3Double();
  s3.createBucket('paid', { requesterPays: true });
  s3.put('paid', 'film.mp4', Buffer.alloc(1_000, 'a film'), { contentType: 'video/mp4' });
  folder = await mkdtemp(join(tmpdir(), 'requester-pays-'));
  environment = {
    TWELVE_LABS_API_KEY: simulator.apiKey,
    TWELVELABS_BASE_URL: simulator.baseUrl,
    XDG_STATE_HOME: folder,
    AWS_ACCESS_KEY_ID: `AKIA${'USER'.repeat(4)}`,
    AWS_SECRET_ACCESS_KEY: 'the-users-own',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_S3: s3.endpoint,
  };
});
afterAll(async () => {
  await Promise.all([simulator.close(), s3.close()]);
  await rm(folder, { recursive: true, force: true });
});

describe('npm run ingest of an object whose requester pays', () => {
  it('names the missing option', async () => {
    const { code, stderr } = await runShared('ingest', ['s3://paid/film.mp4'], environment);
    expect([code, stderr]).toEqual([1, expect.stringContaining('add --request-payer')]);
  });

  it('reads it with the option', async () => {
    const args = ['s3://paid/film.mp4', '--request-payer'];
    const { code, stderr } = await runShared('ingest', args, environment);
    expect([code, stderr]).toEqual([0, expect.stringContaining('100 %')]);
  });
});
