import { beforeAll, describe, expect, it } from 'vitest';
import { useFakeAccount } from './fake-account.ts';
import { now, runProgram } from './program-harness.ts';
import { failedTransferOf, putSession, putTransfers, transferOf } from './transfer-records.ts';

const account = useFakeAccount();

const moving = transferOf('moving.mp4', { sessionNumber: 1 });
const throttled = failedTransferOf(
  'throttled.mp4',
  'ThrottledError',
  'It answered 429 for hours.',
  {
    sessionNumber: 1,
    retries: { ThrottledError: 7 },
  },
);
const first = failedTransferOf('twice.mp4', 'AssetFailedError', 'The asset failed.');
const second = transferOf('twice.mp4', { ingestNumber: 2, changedAt: now - 1000 });
const waiting = transferOf('waiting.mp4', { state: 'queued' });

beforeAll(async () => {
  const { table } = account;
  await putTransfers(table, moving, throttled, first, second, waiting);
  await putSession(table, moving.transferId);
  await putSession(table, throttled.transferId);
  await table.store.recordRangeFailure(
    { transferId: throttled.transferId, sessionNumber: 1, n: 1 },
    {
      name: 'ThrottledError',
      disposition: 'retry',
      message: 'Chunk 3: the service answered 429',
      executionId: 'e',
      round: 2,
    },
  );
  const { transferId } = waiting;
  await table.queue.putTicket({ priority: 'live', number: 1, transferId, fence: 1, since: now });
});

describe('chunkferry status', () => {
  it('shows share, speed and time left of an active transfer', async () => {
    const { code, stdout } = await runProgram(['status', moving.transferId]);
    expect(code).toBe(0);
    expect(stdout).toContain('state      active: sends chunks');
    expect(stdout).toContain('moved      50 %, 47.7 MiB, 2 of 4 chunks have a proof');
    expect(stdout).toContain('speed      833.3 kB/s since the session opened');
    expect(stdout).toContain('left       about 60 s');
  });

  it('finds a transfer by its URL or the beginning of its id, and prints one JSON document', async () => {
    for (const name of ['s3://films/moving.mp4', moving.transferId.slice(0, 12)]) {
      const { stdout } = await runProgram(['status', name, '--json']);
      expect(JSON.parse(stdout)).toMatchObject({
        version: 1,
        transferId: moving.transferId,
        state: 'active',
        progress: {
          bytes: 50e6,
          totalBytes: 100e6,
          provenChunks: 2,
          totalChunks: 4,
          secondsLeft: 60,
        },
      });
    }
  });

  it('shows the place of a queued transfer', async () => {
    const { stdout } = await runProgram(['status', waiting.transferId]);
    expect(stdout).toContain('queued: waits in the queue at position 1');
  });

  it('names all transfers that match, and exits with 4', async () => {
    const { code, stderr } = await runProgram(['status', 's3://films/twice.mp4']);
    expect(code).toBe(4);
    expect(stderr).toBe(
      `Ambiguous transfer "s3://films/twice.mp4": 2 transfers match: ${second.transferId.slice(0, 12)} (active, 1 s ago), ${first.transferId.slice(0, 12)} (failed, 60 s ago). Name one by its id.\n`,
    );
  });

  it('exits with 3 if no transfer matches', async () => {
    const { code, stderr } = await runProgram(['status', 's3://films/none.mp4']);
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(
        /^Unknown transfer "s3:\/\/films\/none.mp4": no transfer matches in Stack Chunkferry .+\n$/,
      ),
    ]);
  });

  it.each(['s3://films', 's3://films/', 'film.mp4'])('rejects %s', async (name) => {
    const { code, stderr } = await runProgram(['status', name]);
    expect(code).toBe(2);
    expect(stderr).toContain(JSON.stringify(name));
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('chunkferry why', () => {
  it('names step, error, value, chunk, retries and the entry of the runbook', async () => {
    const { code, stdout } = await runProgram(['why', throttled.transferId]);
    expect(code).toBe(0);
    for (const line of [
      'step     SendChunks',
      'error    ThrottledError',
      'cause    It answered 429 for hours.',
      'range 1  ThrottledError: Chunk 3: the service answered 429',
      'retries  7 × ThrottledError',
      'check    "Call rates lowered" on the dashboard.',
      'do       Lower maxActiveTransfers or mapConcurrency, or ask for a higher rate limit. Retry.',
      'retry    It continues: 50 % has a proof and is not moved again.',
    ])
      expect(stdout).toContain(`${line}\n`);
  });

  it('says for a transfer that has not failed what it waits for', async () => {
    const { stdout } = await runProgram(['why', waiting.transferId, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      state: 'queued',
      cause: 'waits in the queue at position 1',
    });
  });
});
