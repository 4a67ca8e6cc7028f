import { beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { stateMachineArn, useFakeAccount } from '../fake-account.ts';
import { now, runProgram, type Surroundings, testClock } from '../program-harness.ts';
import { putSession, putTransfers, transferOf } from '../transfer-records.ts';

const account = useFakeAccount();

/** What becomes of the transfer of each object. */
let ends: Record<string, Partial<TransferRecord>>;

/** The tests share a table: each has keys of its own. */
let test = 0;
const url = (name: string) => `s3://films/${test}/${name}`;
const key = (name: string) => `${test}/${name}`;

beforeEach(() => {
  test += 1;
  ends = {};
  account.replies.StartExecution = async ({ name, input }: { name: string; input: string }) => {
    const owner = `${stateMachineArn.replace('stateMachine', 'execution')}:${name}`;
    const end = ends[JSON.parse(input).key];
    if (end) await transferStarted(owner, JSON.parse(input).key, end);
    return { executionArn: owner, startDate: now / 1000 };
  };
});

async function transferStarted(owner: string, objectKey: string, end: Partial<TransferRecord>) {
  const record = transferOf(objectKey, { owner, ...end });
  await account.table.store.recordExecution(owner, record.transferId);
  await putTransfers(account.table, record);
  if (record.sessionNumber > 0) await putSession(account.table, record.transferId);
}

const started = () =>
  account.requests
    .filter(({ operation }) => operation === 'StartExecution')
    .map(({ input }) => JSON.parse(String(input.input)));

const ready = { state: 'ready', assetId: 'asset-1' } as const;
const broken = {
  state: 'failed',
  outcome: { status: 'failed', error: 'AssetFailedError', cause: 'The asset failed.' },
} as const;

describe('chunkferry ingest of objects', () => {
  it('names the place, starts each object, and ends with 0 when all are assets', async () => {
    ends = { [key('a.mp4')]: ready, [key('b*.mp4')]: ready };
    const { code, stdout, stderr } = await runProgram([
      'ingest',
      url('a.mp4'),
      url('b*.mp4'),
      '--raw',
    ]);
    expect(code).toBe(exitCodes.done);
    expect(stderr.split('\n').slice(0, 2)).toEqual([
      'Stack Chunkferry in eu-west-1, account 111122223333',
      'Starts 2 transfers.',
    ]);
    expect(started()).toEqual([
      { bucket: 'films', key: key('a.mp4') },
      { bucket: 'films', key: key('b*.mp4') },
    ]);
    expect(stdout).toMatch(new RegExp(`ready +${url('a.mp4')} +asset-1`));
    expect(stderr).toContain('2 in all: 2 ready.');
  });

  it('goes on after one that fails, and ends with 1', async () => {
    ends = { [key('a.mp4')]: broken, [key('b.mp4')]: ready };
    const { code, stdout } = await runProgram(['ingest', url('a.mp4'), url('b.mp4'), '--json']);
    expect(code).toBe(exitCodes.failed);
    const { version, sources } = JSON.parse(stdout);
    expect(version).toBe(1);
    expect(sources).toMatchObject([
      { source: url('a.mp4'), status: 'failed', error: 'AssetFailedError' },
      { source: url('b.mp4'), status: 'ready', assetId: 'asset-1' },
    ]);
  });

  it('starts no further object without the permission, and counts those not started', async () => {
    account.replies.StartExecution = { code: 'AccessDeniedException', message: 'no' };
    const urls = ['a', 'b', 'c'].map((name) => url(name));
    const { code, stderr } = await runProgram(['ingest', ...urls, '--parallel', '1']);
    expect(code).toBe(exitCodes.failed);
    expect(stderr).toContain('3 in all: 3 not-started.');
    const starts = account.requests.filter(({ operation }) => operation === 'StartExecution');
    expect(starts).toHaveLength(1);
  });

  it('reports an object that is an asset already as good', async () => {
    const output = JSON.stringify({ status: 'already-ingested', assetId: 'asset-0' });
    account.replies.DescribeExecution = () => ({ status: 'SUCCEEDED', output });
    const { code, stdout } = await runProgram(['ingest', url('a.mp4')]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('already-ingested')]);
  });

  it('reports a start that failed before it had a transfer', async () => {
    const error = 'SourceNotConfiguredError';
    account.replies.DescribeExecution = () => ({ status: 'FAILED', error, cause: 'No source.' });
    const { code, stdout } = await runProgram(['ingest', url('a.mp4'), '--json']);
    expect(code).toBe(exitCodes.failed);
    expect(JSON.parse(stdout).sources[0]).toMatchObject({ status: 'failed', error });
  });

  it('does not take the end of an earlier run for the end of this one', async () => {
    const record = transferOf(key('a.mp4'), { ...broken, owner: 'an earlier execution' });
    await putTransfers(account.table, record);
    account.replies.StartExecution = async ({ name }: { name: string }) => {
      const owner = `${stateMachineArn.replace('stateMachine', 'execution')}:${name}`;
      await account.table.store.recordExecution(owner, record.transferId);
      return { executionArn: owner, startDate: now / 1000 };
    };
    account.replies.DescribeExecution = async ({ executionArn }: { executionArn: string }) => {
      const { store } = account.table;
      await store.takeTransfer({ ...record, ...ready, owner: executionArn, fence: 2 }, record);
      return { status: 'RUNNING' };
    };
    const { code } = await runProgram(['ingest', url('a.mp4')]);
    expect(code).toBe(0);
  });

  it('passes the options of a transfer, and rejects those that the stack decides', async () => {
    ends = { [key('a.mp4')]: ready };
    const options = ['--force', '--priority', 'backfill', '--metadata', '{"season":2026}'];
    await runProgram(['ingest', url('a.mp4'), ...options]);
    expect(started()[0]).toMatchObject({
      force: true,
      priority: 'backfill',
      userMetadata: { season: 2026 },
    });
    account.requests.length = 0;
    for (const wrong of [
      ['--base-url', 'https://x.example.com/v1.3'],
      ['--destination', 'seven-bridges'],
      ['--priority', 'urgent'],
      ['--table', 't'],
    ]) {
      const { code, stderr } = await runProgram(['ingest', url('a.mp4'), ...wrong]);
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining(`Invalid ${wrong[0]} "${wrong[1]}"`),
      ]);
    }
    expect(started()).toEqual([]);
  });

  it('prints with --detach the executions and does not wait', async () => {
    const { code, stdout, stderr } = await runProgram(['ingest', url('a.mp4'), '--detach']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^arn:aws:states:.+:execution:Transfers:ingest-[0-9a-f]{24}-\d+\n$/);
    expect(stderr).toContain('1 in all: 1 started.');
    expect(account.requests.map(({ operation }) => operation)).not.toContain('DescribeExecution');
  });

  it('gives two long keys with the same beginning names of their own', async () => {
    const long = 'a'.repeat(500);
    const { stdout } = await runProgram(['ingest', url(`${long}1`), url(`${long}2`), '--detach']);
    const names = stdout
      .trim()
      .split('\n')
      .map((arn) => arn.split(':').at(-1) ?? '');
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(name.length).toBeLessThanOrEqual(80);
  });

  /** Runs an ingest that is interrupted at one of its waits. */
  async function interrupted(argv: readonly string[], more: Surroundings = {}, atWait = 3) {
    const stop = new AbortController();
    const clock = testClock();
    let sleeps = 0;
    const sleep = async (milliseconds: number) => {
      if (++sleeps >= atWait) stop.abort();
      await clock.sleep(milliseconds);
    };
    return runProgram(argv, { clock: { ...clock, sleep }, signal: stop.signal, ...more });
  }

  it('says after Ctrl-C what continues and what was not started', async () => {
    ends = { [key('a.mp4')]: { sessionNumber: 1 } };
    const call = ['ingest', url('a.mp4'), url('b.mp4'), '--parallel', '1'];
    expect((await interrupted(call)).interrupted).toBe(
      'Interrupted. 1 transfer continues in the stack, 0 ended. 1 of 2 were not started. Use chunkferry watch to see them, chunkferry cancel to end one.',
    );
  });

  it.each([40, 80, 200])('shows a live line and a total in %i columns', async (columns) => {
    ends = { [key('a rather long name of a film.mp4')]: { sessionNumber: 1 } };
    const call = ['ingest', url('a rather long name of a film.mp4')];
    const { stderr } = await interrupted(call, { columns, env: { TERM: 'xterm' } });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences of a terminal
    const lines = stderr.replaceAll(/\x1b\[[0-9;]*[A-Za-z]/g, '').split('\n');
    for (const line of lines.slice(2)) expect(Array.from(line).length).toBeLessThan(columns);
    expect(stderr).toContain('50 %  61 s left');
    expect(stderr).toContain('1 in all: 1 left');
  });

  // a8m/pb#82, wolph/python-progressbar#204: progress that fills a log.
  it('prints an unchanged transfer once a minute on a pipe', async () => {
    ends = { [key('a.mp4')]: { sessionNumber: 1 } };
    const { stderr } = await interrupted(['ingest', url('a.mp4')], {}, 31);
    // 30 reads, one each 5 seconds.
    const lines = stderr.split('\n').filter((line) => line.startsWith(url('a.mp4')));
    expect(lines).toEqual([
      `${url('a.mp4')}  started`,
      ...[1, 2, 3].map(() => expect.stringMatching(/ {2}50 % {2}\d+ \w+ left .*sends chunks$/)),
    ]);
  });

  it('shows the whole stack with --watch', async () => {
    await putTransfers(account.table, transferOf(key('other.mp4')));
    ends = { [key('a.mp4')]: ready };
    const { stdout } = await runProgram(['ingest', url('a.mp4'), '--watch']);
    expect(stdout).toContain(key('other.mp4'));
  });
});

describe('sources that chunkferry ingest rejects before it starts anything', () => {
  it.each([
    [['s3://films'], 'Invalid S3 URL "s3://films": it has no key.'],
    [['s3://films/folder/', '--raw'], 'Invalid S3 URL "s3://films/folder/": it names a folder.'],
    [['s3://films/a.mp4', 'b.mp4'], 'Use one call for each kind.'],
    [['s3://films/a.mp4', 's3://Films!/b'], 'Invalid bucket name "Films!"'],
    [[], 'Missing source'],
    [['s3://films/a.mp4', 's3://films/b.mp4', '--filename', 'c'], '2 sources cannot share it'],
  ])('%j', async (argv, line) => {
    const { code, stderr } = await runProgram(['ingest', ...argv]);
    expect([code, stderr]).toEqual([exitCodes.usage, expect.stringContaining(line)]);
    expect(started()).toEqual([]);
  });
});
