import { describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { useFakeAccount } from '../fake-account.ts';
import { runProgram } from '../program-harness.ts';

const account = useFakeAccount();

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
