import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { closeServer, loopbackUrl } from '#local/emulators/loopback.ts';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import { type S3Double, startS3Double } from '../doubles/s3/s3-double.ts';
import { hostileEnvironment } from '../hostile-environment.ts';
import { runShared, runToEnd } from './run-command.ts';

let simulator: TwelveLabsSimulator;
let s3: S3Double;
let recorder: Server;
let folder: string;
let film: string;
/** Requests to the user's own AWS endpoint. */
const requests: string[] = [];
let hostile: Record<string, string>;
let service: Record<string, string>;

beforeAll(async () => {
  simulator = await startTwelveLabs({ store: 'memory' });
  s3 = await startS3Double({ buckets: ['films'] });
  s3.put('films', 'film.mp4', Buffer.alloc(1_000_000, 'a film'), { contentType: 'video/mp4' });
  folder = await mkdtemp(join(tmpdir(), 'user-aws-'));
  film = join(folder, 'film.mp4');
  await writeFile(film, Buffer.alloc(1_000_000, 'a film'));
  recorder = createServer(({ method, url }, reply) => {
    requests.push(`${method} ${url}`);
    reply.writeHead(500).end();
  }).listen(0, '127.0.0.1');
  await once(recorder, 'listening');
  hostile = hostileEnvironment(folder, loopbackUrl(recorder.address() as never));
  service = { TWELVE_LABS_API_KEY: simulator.apiKey, TWELVELABS_BASE_URL: simulator.baseUrl };
});
beforeEach(async () => {
  requests.length = 0;
  simulator.calls.clear();
  service.XDG_STATE_HOME = await mkdtemp(join(folder, 'state-'));
});
afterAll(async () => {
  await Promise.all([simulator.close(), s3.close(), closeServer(recorder)]);
  await rm(folder, { recursive: true, force: true });
});

describe("in an ordinary AWS user's environment", () => {
  it('N1: npm run demo shows equal digests, without a request to AWS', async () => {
    const { code, stdout, stderr } = await runToEnd('demo', ['--size', '6MiB'], hostile);
    expect([code, requests]).toEqual([0, []]);
    const [, stored] = /SHA-256 in S3 +([0-9a-f]{64})/.exec(stdout) ?? [];
    expect(stdout).toContain(`SHA-256 arrived  ${stored}  equal`);
    expect(stdout).toMatch(/bytes +6,291,456/);
    expect(stdout).toMatch(/chunks +2\n/);
    expect(stderr).toContain('100 %  6.0 MiB of 6.0 MiB');
  });

  it('N1: npm run ingest of a file works without a request to AWS', async () => {
    const { code, stderr } = await runToEnd('ingest', [film], { ...hostile, ...service });
    expect([code, requests, stderr]).toEqual([0, [], expect.stringContaining('100 %')]);
  });

  it('npm run ingest of an object calls only S3', async () => {
    const user = {
      AWS_ACCESS_KEY_ID: `AKIA${'USER'.repeat(4)}`,
      AWS_SECRET_ACCESS_KEY: 'the-users-own',
      AWS_REGION: 'us-east-1',
      AWS_MAX_ATTEMPTS: 'no number',
      AWS_ENDPOINT_URL: hostile.AWS_ENDPOINT_URL as string,
      AWS_ENDPOINT_URL_DYNAMODB: hostile.AWS_ENDPOINT_URL as string,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
    };
    const { code, stderr } = await runToEnd('ingest', ['s3://films/film.mp4'], {
      ...user,
      ...service,
    });
    expect([code, requests, stderr]).toEqual([0, [], expect.stringContaining('100 %')]);
    expect(s3.calls.length).toBeGreaterThan(0);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['no credentials', {}, /^ConfigurationError: No AWS credentials found for s3:\/\/films/],
    [
      'a missing profile',
      { AWS_PROFILE: 'nope' },
      /^ConfigurationError: .*profile "nope".* for s3:\/\/films\/film\.mp4\. .*AWS_PROFILE/,
    ],
    [
      'an expired SSO session',
      { AWS_PROFILE: 'work' },
      /^ConfigurationError: No AWS credentials in the AWS profile "work" for .*aws sso login/,
    ],
  ])(
    'N2: with %s, ingest s3:// ends with one line that has the next step',
    async (_, user, line) => {
      const files = {
        AWS_CONFIG_FILE: user.AWS_PROFILE ? (hostile.AWS_CONFIG_FILE as string) : '/dev/null',
      };
      const env = { ...service, ...files, HOME: folder, ...user };
      const { code, stdout, stderr } = await runShared('ingest', ['s3://films/film.mp4'], env);
      expect([code, stdout, stderr.trim().split('\n').length]).toEqual([exitCodes.usage, '', 1]);
      expect(stderr).toMatch(line);
      expect(stderr).not.toContain('{');
      expect(simulator.calls.count('create')).toBe(0);
    },
  );
});
