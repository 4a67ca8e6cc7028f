import { afterEach, describe, expect, it, vi } from 'vitest';
import { startExecutionResource } from '#local/state-machine/definition/field-rules.ts';
import type { LambdaHandler } from '#local/state-machine/lambda/lambda-runtime.ts';
import { type ExecutionOptions, startExecution } from '#local/state-machine/run.ts';
import { machineOf, task } from './machines.ts';

const arn = 'arn:aws:states:local:000000000000:stateMachine:Started';

const started = {
  ...machineOf({
    T: task({ Next: 'IsGood' }),
    IsGood: {
      Type: 'Choice',
      Choices: [{ Variable: '$.good', BooleanEquals: true, Next: 'Good' }],
      Default: 'Bad',
    },
    Good: { Type: 'Succeed' },
    Bad: { Type: 'Fail', Error: 'NotGoodError', Cause: 'it was not good' },
  }),
  logicalId: 'Started',
};

const parent = {
  ...machineOf({
    Run: task({
      Resource: startExecutionResource,
      Parameters: { StateMachineArn: arn, Input: { 'by.$': '$$.Execution.Id', 'a.$': '$.a' } },
      Catch: [{ ErrorEquals: ['States.TaskFailed'], ResultPath: '$.error', Next: 'Caught' }],
      End: true,
    }),
    Caught: { Type: 'Pass', End: true },
  }),
  nested: new Map([[arn, started]]),
};

function start(handler: LambdaHandler, more: Partial<ExecutionOptions> = {}) {
  const handlers = { Work: handler };
  return startExecution({ machine: parent, handlers, input: { a: 1 }, name: 'p', ...more });
}

/** The fields that the service returns for every ended execution. */
const described = {
  ExecutionArn: expect.stringMatching(/^arn:aws:states:local:000000000000:execution:Started:.+/),
  Name: expect.any(String),
  StateMachineArn: arn,
  StartDate: expect.any(Number),
  StopDate: expect.any(Number),
  Input: { by: 'arn:aws:states:local:000000000000:execution:Machine:p', a: 1 },
  InputDetails: { Included: true },
};

describe('a state that runs another state machine', () => {
  afterEach(() => void vi.useRealTimers());

  it('returns the description of the execution, with the output as JSON', async () => {
    const { status, output } = await start(() => ({ good: true })).result;
    expect(status).toBe('SUCCEEDED');
    expect(output).toEqual({
      ...described,
      Status: 'SUCCEEDED',
      Output: { good: true },
      OutputDetails: { Included: true },
    });
  });

  it('fails with States.TaskFailed, and the description as its cause', async () => {
    const { output } = await start(() => ({ good: false })).result;
    const { error } = output as { error: { Error: string; Cause: string } };
    expect(error.Error).toBe('States.TaskFailed');
    expect(JSON.parse(error.Cause)).toEqual({
      ...described,
      Status: 'FAILED',
      Error: 'NotGoodError',
      Cause: 'it was not good',
    });
  });

  it('counts its own states only, and reports the calls of both', async () => {
    const onEvent = vi.fn();
    const onInvocation = vi.fn();
    const { entered } = await start(() => ({ good: true }), { onEvent, onInvocation }).result;
    expect(entered).toEqual({ Run: 1 });
    expect(onInvocation).toHaveBeenCalledTimes(1);
    expect(JSON.stringify(onEvent.mock.calls)).not.toContain('IsGood');
  });

  it('ends the other execution with its own', async () => {
    vi.useFakeTimers();
    const handler = vi.fn(() => new Promise(() => {}));
    const execution = start(handler);
    await vi.advanceTimersByTimeAsync(100);
    expect(handler).toHaveBeenCalledTimes(1);
    execution.kill();
    expect(await execution.result).toMatchObject({ status: 'ABORTED' });
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('needs the handlers of both before it starts', () => {
    expect(() => startExecution({ machine: parent, handlers: {}, input: {} })).toThrow(
      'Missing handlers: Work',
    );
  });
});
