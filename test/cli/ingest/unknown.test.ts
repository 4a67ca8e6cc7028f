import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { startServer } from '../../http/http-server.ts';
import { startProxy, startTlsServer } from '../../http/proxies.ts';
import { stateMachineArn, useFakeAccount } from '../fake-account.ts';
import { runProgram } from '../program-harness.ts';

const account = useFakeAccount();

afterEach(() => void vi.unstubAllEnvs());

const urls = ['s3://films/a.mp4', 's3://films/b.mp4', 's3://films/c.mp4'];
const anExecution = expect.stringMatching(/:execution:Transfers:ingest-[0-9a-f]{24}-\d+$/);

const starts = () =>
  account.requests
    .filter(({ operation }) => operation === 'StartExecution')
    .map(({ input }) => input);

/** Makes each read of the table fail. */
function failReads(code: string, message = 'no') {
  process.env.AWS_ENDPOINT_URL_DYNAMODB = account.env.AWS_ENDPOINT_URL;
  for (const operation of ['GetItem', 'Query', 'BatchGetItem'])
    account.replies[operation] = { code, message };
}

async function ingestJson(...argv: string[]) {
  const { code, stdout, stderr } = await runProgram(['ingest', ...argv, '--json']);
  return { code, stderr, sources: JSON.parse(stdout).sources };
}

describe('a transfer that was started and could not be followed', () => {
  it.each([
    ['AccessDeniedException', 'denied'],
    ['ExpiredTokenException', 'expired credentials'],
    ['ConditionalSomething', 'fifteen failed reads'],
  ])('is unknown, with its execution, after %s (%s)', async (code) => {
    failReads(code);
    const found = await ingestJson(urls[0] ?? '');
    expect(found.code).toBe(exitCodes.failed);
    expect(found.sources).toEqual([
      {
        source: urls[0],
        status: 'unknown',
        execution: anExecution,
        cause: expect.stringMatching(
          /^The transfer continues in the stack.* Do not start it again/,
        ),
      },
    ]);
  });

  it('keeps others from a start without the permission to read', async () => {
    failReads('AccessDeniedException');
    const { sources } = await ingestJson(...urls, '--parallel', '1');
    const statuses = sources.map(({ status }: { status: string }) => status);
    expect(statuses).toEqual(['unknown', 'not-started', 'not-started']);
    expect(sources[1].execution).toBeUndefined();
    expect(starts()).toHaveLength(1);
  });
});

describe('a start without a clear reply', () => {
  it.each([[[]], [['--detach']]])('is unknown, with its execution %j', async (more) => {
    account.replies.StartExecution = { code: 'InternalFailure', message: 'no', status: 500 };
    const { code, sources } = await ingestJson(urls[0] ?? '', ...more);
    expect(code).toBe(exitCodes.failed);
    expect(sources).toMatchObject([
      {
        status: 'unknown',
        execution: anExecution,
        cause: expect.stringContaining('The transfer may have started'),
      },
    ]);
  });
});

describe('a start that the SDK repeated', () => {
  const throttled = { code: 'ThrottlingException', message: 'Rate exceeded' };

  it('is unknown if the first reply was lost and the second is a rejection', async () => {
    account.replies.StartExecution = [
      { code: 'InternalFailure', message: 'no', status: 500 },
      throttled,
    ];
    const { sources } = await ingestJson(urls[0] ?? '', '--detach');
    expect(starts().length).toBeGreaterThan(1);
    expect(sources).toMatchObject([{ status: 'unknown', execution: anExecution }]);
  });

  it('is not started if each try was throttled', async () => {
    account.replies.StartExecution = throttled;
    const { code, sources } = await ingestJson(urls[0] ?? '', '--detach');
    expect(code).toBe(exitCodes.failed);
    expect(sources).toEqual([
      {
        source: urls[0],
        status: 'not-started',
        cause:
          'states:StartExecution failed: ThrottlingException (400): Rate exceeded. Run the same command again later.',
      },
    ]);
  });
});

/** Makes a profile with credentials for a minute. `end` lets them expire; the profile's program then has no others. */
function profileThatEnds() {
  const folder = mkdtempSync(join(tmpdir(), 'profile-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const keys = {
    ...{ Version: 1, AccessKeyId: 'a', SecretAccessKey: 's', SessionToken: 't' },
    Expiration: new Date(Date.now() + 60_000).toISOString(),
  };
  const program = join(folder, 'program');
  const lines = ['#!/bin/sh', '[ -e "$0.over" ] && exit 1', `echo '${JSON.stringify(keys)}'`];
  writeFileSync(program, lines.join('\n'), { mode: 0o755 });
  writeFileSync(join(folder, 'config'), `[profile ending]\ncredential_process = ${program}\n`);
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  const end = () => {
    writeFileSync(`${program}.over`, '');
    vi.useFakeTimers({ now: Date.now() + 120_000, toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
  };
  return { profile: 'ending', end };
}

describe('a start that never left this computer', () => {
  const notStarted = {
    status: 'not-started',
    cause: expect.stringMatching(
      /^states:StartExecution was not sent: .+\. It started nothing\. Run the same command again later\.$/,
    ),
  };

  it.each([
    ['http://127.0.0.1:1', 'a refused connection'],
    ['http://states.invalid', 'a name that does not resolve'],
  ])('is not started: %s (%s)', async (endpoint) => {
    vi.stubEnv('AWS_ENDPOINT_URL_SFN', endpoint);
    const { code, sources } = await ingestJson(urls[0] ?? '', '--detach');
    expect([code, sources]).toEqual([exitCodes.failed, [{ source: urls[0], ...notStarted }]]);
  });

  it('is not started with a certificate that is not trusted', async () => {
    const server = await startTlsServer(() => {});
    onTestFinished(() => server.close());
    vi.stubEnv('AWS_ENDPOINT_URL_SFN', `https://127.0.0.1:${server.port}`);
    const { sources } = await ingestJson(urls[0] ?? '', '--detach');
    expect(sources).toMatchObject([notStarted]);
    expect(sources[0].execution).toBeUndefined();
    expect(sources[0].cause).toContain('set NODE_EXTRA_CA_CERTS');
  });

  it.each([
    [403, notStarted],
    [407, { status: 'not-started', cause: expect.stringContaining('requires credentials (407)') }],
  ])('is not started if the proxy answers CONNECT with %i', async (status, expected) => {
    const target = await startTlsServer(() => {});
    const refuse = (socket: Duplex) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const proxy = await startProxy({ target, onConnect: refuse });
    onTestFinished(async () => void (await Promise.all([proxy.close(), target.close()])));
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    vi.stubEnv('AWS_ENDPOINT_URL_SFN', 'https://states.test');
    const { sources } = await ingestJson(urls[0] ?? '', '--detach');
    expect(sources).toMatchObject([expected]);
    expect(sources[0].execution).toBeUndefined();
  });

  it('is not started if the credentials cannot be renewed', async () => {
    const { profile, end } = profileThatEnds();
    delete process.env.AWS_ACCESS_KEY_ID;
    delete process.env.AWS_SECRET_ACCESS_KEY;
    account.outputs = {
      ...account.outputs,
      get StateMachineArn() {
        end();
        return stateMachineArn;
      },
    };
    const call = ['ingest', urls[0] ?? '', '--detach', '--profile', profile];
    const { code, stderr } = await runProgram(call);
    expect([code, stderr]).toEqual([
      exitCodes.failed,
      expect.stringMatching(/not-started .*Use --profile, or set AWS_PROFILE/),
    ]);
    expect(starts()).toEqual([]);
  });

  it('is unknown if an earlier try was sent', async () => {
    const server = await startServer((request) => {
      request.resume().on('end', () => {
        request.socket.destroy();
        void server.close();
      });
    });
    vi.stubEnv('AWS_ENDPOINT_URL_SFN', server.origin);
    const { sources } = await ingestJson(urls[0] ?? '', '--detach');
    expect(sources).toMatchObject([{ status: 'unknown', execution: anExecution }]);
  });
});

describe('the name of an execution', () => {
  it('differs by the options of the start, within the same second', async () => {
    const [url = ''] = urls;
    await runProgram(['ingest', url, '--detach']);
    await runProgram(['ingest', url, '--detach', '--force']);
    const [plain, forced] = starts().map(({ name }) => name);
    expect(plain).not.toBe(forced);
  });
});

describe('chunkferry ingest --watch', () => {
  it('goes on after a read that fails', async () => {
    let reads = 0;
    process.env.AWS_ENDPOINT_URL_DYNAMODB = account.env.AWS_ENDPOINT_URL;
    account.replies.GetItem = () => ({});
    account.replies.Query = () => ({ Items: ++reads < 3 ? 'no list' : [] });
    const output = JSON.stringify({ status: 'ready', assetId: 'asset-1' });
    let looks = 0;
    account.replies.DescribeExecution = () =>
      ++looks < 4 ? { status: 'RUNNING' } : { status: 'SUCCEEDED', output };
    const { code, stdout, stderr } = await runProgram(['ingest', urls[0] ?? '', '--watch']);
    expect([code, stdout]).toEqual([exitCodes.done, expect.stringContaining('0 active')]);
    expect(stderr).toContain('1 in all: 1 ready.');
  });
});
