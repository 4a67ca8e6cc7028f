import { DescribeExecutionCommand, type ExecutionStatus, SFNClient } from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, expect, it } from 'vitest';
import { createExecutionDirectory } from '#src/aws/execution-directory.ts';

const stepFunctions = mockClient(SFNClient);
afterEach(() => {
  stepFunctions.reset();
});

const arn = 'arn:aws:states:us-east-1:111122223333:execution:machine:one';
const statusOf = (id = arn) =>
  createExecutionDirectory({ client: new SFNClient({ region: 'us-east-1' }) }).statusOf(id);

it.each<[ExecutionStatus, string]>([
  ['RUNNING', 'running'],
  ['PENDING_REDRIVE', 'running'],
  ['SUCCEEDED', 'ended'],
  ['FAILED', 'ended'],
  ['TIMED_OUT', 'ended'],
  ['ABORTED', 'ended'],
])('an execution that is %s is %s', async (status, ours) => {
  stepFunctions.on(DescribeExecutionCommand, { executionArn: arn }).resolves({ status });
  expect(await statusOf()).toBe(ours);
});

it.each(['ExecutionDoesNotExist', 'InvalidArn', 'AccessDeniedException', 'ValidationException'])(
  'is unknown where Step Functions answers %s',
  async (name) => {
    stepFunctions.onAnyCommand().rejects(Object.assign(new Error('no'), { name }));
    expect(await statusOf()).toBe('unknown');
  },
);

it('does not ask about an id that is no ARN', async () => {
  expect(await statusOf('local-run-7')).toBe('unknown');
  expect(stepFunctions.calls()).toHaveLength(0);
});

it('says so when it can’t be asked now', async () => {
  const throttled = Object.assign(new Error('rate'), { name: 'ThrottlingException' });
  stepFunctions.onAnyCommand().rejects(throttled);
  await expect(statusOf()).rejects.toMatchObject({
    name: 'ExecutionUnknownError',
    message: `can't tell whether ${arn} runs: ThrottlingException: rate`,
  });
});
