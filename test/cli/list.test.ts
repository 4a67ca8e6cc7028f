import { beforeAll, describe, expect, it } from 'vitest';
import { useFakeAccount } from './fake-account.ts';
import { now, runProgram } from './program-harness.ts';
import { failedTransferOf, putTransfers, transferOf } from './transfer-records.ts';

const account = useFakeAccount();
const day = 86_400_000;

const active = transferOf('a/moving.mp4');
const old = transferOf('old.mp4', { state: 'active', changedAt: now - 5 * day });
const failed = failedTransferOf('broken.mp4', 'AssetFailedError', 'The asset failed.');
const ready = transferOf('ready.mp4', { state: 'ready', changedAt: now - 3 * day });
const waiting = transferOf('waiting.mp4', { state: 'queued', changedAt: now - 9 * day });

beforeAll(async () => {
  await putTransfers(account.table, active, old, failed, ready, waiting);
  const { transferId } = waiting;
  await account.table.queue.putTicket({
    priority: 'live',
    number: 1,
    transferId,
    fence: 1,
    since: now,
  });
});

const keysIn = (stdout: string) =>
  JSON.parse(stdout).transfers.map(({ key }: { key: string }) => key);

describe('chunkferry list', () => {
  it('lists what moves and waits, however old, and what ended in the last day', async () => {
    const { code, stdout } = await runProgram(['list', '--json']);
    expect(code).toBe(0);
    expect(keysIn(stdout)).toEqual(['a/moving.mp4', 'broken.mp4', 'old.mp4', 'waiting.mp4']);
  });

  it('looks as far back as --since', async () => {
    const { stdout } = await runProgram(['list', '--json', '--since', '4d', '--state', 'ready']);
    expect(keysIn(stdout)).toEqual(['ready.mp4']);
  });

  it('shows the newest --limit transfers, of one --bucket', async () => {
    const { stdout } = await runProgram(['list', '--json', '--limit', '2', '--bucket', 'films']);
    expect(keysIn(stdout)).toEqual(['a/moving.mp4', 'broken.mp4']);
    const other = await runProgram(['list', '--json', '--bucket', 'other']);
    expect(keysIn(other.stdout)).toEqual([]);
  });

  it('names account, Region and stack on stderr, and prints a table on stdout', async () => {
    const { stdout, stderr } = await runProgram(['list']);
    expect(stderr).toBe('Stack Chunkferry in eu-west-1, account 111122223333\n4 transfers.\n');
    expect(stdout).toContain(
      `${failed.transferId}  failed  s3://films/broken.mp4    95.4 MiB    60 s ago  AssetFailedError`,
    );
  });

  it.each([40, 80, 200])('fits into %i columns', async (columns) => {
    const { stdout } = await runProgram(['list'], { columns });
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThan(columns);
    expect(stdout).toContain('broken.mp4');
  });

  it('asks neither Step Functions nor CloudWatch', async () => {
    await runProgram(['list']);
    expect(account.requests.map(({ operation }) => operation)).toEqual(['DescribeStacks']);
  });

  it('rejects an unknown state and suggests a similar command', async () => {
    const state = await runProgram(['list', '--state', 'done']);
    expect(state.code).toBe(2);
    expect(state.stderr).toContain('Unknown state "done". Use queued, active, ready');
    const command = await runProgram(['lst']);
    expect([command.code, command.stderr]).toEqual([
      2,
      expect.stringContaining('Did you mean list?'),
    ]);
  });
});
