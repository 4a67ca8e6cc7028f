import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type QueueCommand, runCommand } from '#src/admission/commands.ts';
import { StepHarness } from '../harness/step-harness.ts';
import { dispatcherName, stateMachineArn, useFakeAccount } from './fake-account.ts';
import { now, runProgram } from './program-harness.ts';
import { failedTransferOf, putTransfers, transferOf } from './transfer-records.ts';

const account = useFakeAccount();
let harness: StepHarness;

const failed = failedTransferOf('broken.mp4', 'ThrottledError', '429', {
  options: { force: true },
});
const other = failedTransferOf('denied.mp4', 'SourceAccessDeniedError', '403');
const old = failedTransferOf('old.mp4', 'ThrottledError', '429', {
  changedAt: now - 3 * 86_400_000,
});
const ready = transferOf('ready.mp4', { state: 'ready' });
const queued = transferOf('queued.mp4', { state: 'queued' });

beforeAll(async () => {
  harness = await StepHarness.create();
  await putTransfers(account.table, failed, other, old, ready, queued);
});

beforeEach(() => {
  // The dispatcher of the stack, over the table of the account.
  const { store, queue } = account.table;
  account.replies[`Invoke ${dispatcherName}`] = (command: QueueCommand) =>
    runCommand({ ...harness.ports, store, queue }, command);
});

const started = () =>
  account.requests
    .filter(({ operation }) => operation === 'StartExecution')
    .map(({ input }) => JSON.parse(String(input.input)));

describe('chunkferry retry', () => {
  it('says what is moved again, then starts an execution without force', async () => {
    const { code, stdout, stderr } = await runProgram(['retry', failed.transferId, '--yes']);
    expect(code).toBe(0);
    expect(stderr).toBe(
      [
        'Stack Chunkferry in eu-west-1, account 111122223333',
        'Starts 1 transfer again, 95.4 MiB in all:',
        '  s3://films/broken.mp4  All bytes are moved.',
        '',
      ].join('\n'),
    );
    expect(stdout).toContain(`${stateMachineArn.replace('stateMachine', 'execution')}:retry-`);
    expect(started()).toEqual([{ bucket: 'films', key: 'broken.mp4' }]);
  });

  it('starts all failures within --since, of one --error', async () => {
    await runProgram(['retry', '--failed', '--yes']);
    expect(
      started()
        .map(({ key }) => key)
        .toSorted(),
    ).toEqual(['broken.mp4', 'denied.mp4']);
    account.requests.length = 0;
    await runProgram(['retry', '--failed', '--since', '7d', '--error', 'ThrottledError', '--yes']);
    expect(
      started()
        .map(({ key }) => key)
        .toSorted(),
    ).toEqual(['broken.mp4', 'old.mp4']);
  });

  it('prints what was started before a start that failed', async () => {
    account.replies.StartExecution = () => {
      account.replies.StartExecution = { code: 'AccessDeniedException', message: 'no' };
      return { startDate: now / 1000 };
    };
    const { code, stdout } = await runProgram(['retry', '--failed', '--yes', '--json']);
    expect(code).toBe(6);
    expect(JSON.parse(stdout).started).toHaveLength(1);
  });

  it('changes nothing without a yes', async () => {
    const piped = await runProgram(['retry', failed.transferId]);
    expect([piped.code, piped.stderr]).toEqual([11, expect.stringContaining('Use --yes.')]);
    const declined = await runProgram(['retry', failed.transferId], { answer: 'n' });
    expect([declined.code, started()]).toEqual([11, []]);
    const confirmed = await runProgram(['retry', failed.transferId], { answer: 'y' });
    expect([confirmed.code, started().length]).toEqual([0, 1]);
  });

  it('starts nothing for a transfer that is ready', async () => {
    const { code, stderr } = await runProgram(['retry', ready.transferId, '--yes']);
    expect([code, started()]).toEqual([0, []]);
    expect(stderr).toContain('s3://films/ready.mp4 is ready: nothing to retry.');
  });

  it('needs a transfer or --failed', async () => {
    expect((await runProgram(['retry'])).code).toBe(2);
    expect((await runProgram(['retry', failed.transferId, '--failed'])).code).toBe(2);
  });
});

describe('chunkferry pause and resume', () => {
  it('say what they do, and do it', async () => {
    const paused = await runProgram(['pause', '--stop', '--yes']);
    expect(paused.stderr).toContain('stop before their next chunk');
    expect(paused.stdout).toBe('The stack is paused.\n');
    expect(await account.table.queue.pause()).toMatchObject({ underWay: 'stop' });
    const again = await runProgram(['pause', '--stop', '--yes', '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ version: 1, paused: true, changed: false });
    const resumed = await runProgram(['resume', '--yes']);
    expect(resumed.stdout).toBe('The stack is not paused.\n');
    expect(await account.table.queue.pause()).toBeUndefined();
  });
});

describe('chunkferry cancel', () => {
  it('ends a queued transfer at once', async () => {
    const { stdout, stderr } = await runProgram(['cancel', queued.transferId, '--yes']);
    expect(stderr).toContain('Cancels s3://films/queued.mp4 (queued): it ends at once.');
    expect(stdout).toBe(`${queued.transferId} is cancelled.\n`);
    expect(await account.table.store.transfer(queued.transferId)).toMatchObject({
      state: 'cancelled',
    });
  });

  it('changes nothing that is over', async () => {
    const { code, stderr } = await runProgram(['cancel', ready.transferId, '--yes']);
    expect([code, stderr]).toEqual([
      0,
      's3://films/ready.mp4 is ready already. Nothing was changed.\n',
    ]);
  });
});
