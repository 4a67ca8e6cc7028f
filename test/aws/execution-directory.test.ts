import { DescribeExecutionCommand, type ExecutionStatus, SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, expect, it } from 'vitest';
import { createExecutionDirectory } from '#src/aws/execution-directory.ts';
import { mockedClient } from './mocked-client.ts';

const stepFunctions = mockedClient(SFNClient);
afterEach(() => {
  stepFunctions.reset();
});

const arn = 'arn:aws:states:us-east-1:111122223333:execution:machine:one';
const directory = createExecutionDirectory({ client: new SFNClient({ region: 'us-east-1' }) });
const both = async (id = arn) => [await directory.statusOf(id), (await directory.endOf(id)).status];

it.each<[ExecutionStatus, string, string]>([
  ['RUNNING', 'running', 'running'],
  ['PENDING_REDRIVE', 'running', 'running'],
  ['SUCCEEDED', 'ended', 'succeeded'],
  ['FAILED', 'ended', 'failed'],
  ['TIMED_OUT', 'ended', 'timed-out'],
  ['ABORTED', 'ended', 'aborted'],
])('an execution that is %s is %s, in full %s', async (status, ours, full) => {
  stepFunctions.on(DescribeExecutionCommand, { executionArn: arn }).resolves({ status });
  expect(await both()).toEqual([ours, full]);
});

it('is unknown in an undocumented status', async () => {
  stepFunctions.onAnyCommand().resolves({ status: 'PAUSED' as ExecutionStatus });
  expect(await both()).toEqual(['unknown', 'unknown']);
});

it('returns the start, the input and the error of an ended execution', async () => {
  const details = { input: '{}', error: 'States.Timeout', cause: 'too long' };
  stepFunctions.onAnyCommand().resolves({ status: 'FAILED', startDate: new Date(7), ...details });
  expect(await directory.endOf(arn)).toEqual({ status: 'failed', startedAt: 7, ...details });
});

it.each(['ExecutionDoesNotExist', 'InvalidArn', 'AccessDeniedException', 'ValidationException'])(
  'is unknown if Step Functions returns %s',
  async (name) => {
    stepFunctions.onAnyCommand().rejects(Object.assign(new Error('no'), { name }));
    expect(await both()).toEqual(['unknown', 'unknown']);
  },
);

it('makes no call for an id that is not an ARN', async () => {
  expect(await both('local-run-7')).toEqual(['unknown', 'unknown']);
  expect(stepFunctions.calls()).toHaveLength(0);
});

it.each(['statusOf', 'endOf'] as const)(
  '%s throws ExecutionUnknownError if the call fails',
  async (method) => {
    const throttled = Object.assign(new Error('rate'), { name: 'ThrottlingException' });
    stepFunctions.onAnyCommand().rejects(throttled);
    await expect(directory[method](arn)).rejects.toMatchObject({
      name: 'ExecutionUnknownError',
      message: `DescribeExecution failed for ${arn}: ThrottlingException: rate`,
    });
  },
);
