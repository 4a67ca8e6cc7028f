import { describe, expect, it, vi } from 'vitest';
import type { StateMachineEvent } from '#local/state-machine/event-tally.ts';
import { runExecution, startExecution } from '#local/state-machine/run.ts';
import { machineOf, mapOf, task } from './machines.ts';
import { failing, retrying, run, start } from './run-machine.ts';

const succeed = { Type: 'Succeed' };

describe('an execution', () => {
  it('has an ARN that the handlers can read', async () => {
    const machine = machineOf({
      T: task({ Parameters: { 'id.$': '$$.Execution.Id', 'input.$': '$' }, End: true }),
    });
    const result = await run(machine, (event) => event, { name: 'first', input: { a: 1 } });
    const arn = 'arn:aws:states:local:000000000000:execution:Machine:first';
    expect(result).toMatchObject({ executionArn: arn, output: { id: arn, input: { a: 1 } } });
  });

  it('retries an error by its name, then succeeds', async () => {
    const handler = vi.fn(failing('Flaky', 'Flaky'));
    const result = await run(retrying(), handler, { timeFactor: 1000 });
    expect(result).toMatchObject({ status: 'SUCCEEDED', output: 'done', transitions: 3 });
    expect(handler).toHaveBeenCalledTimes(3);
  });

  it('fails with the error and the cause of Lambda', async () => {
    const result = await run(machineOf({ T: task({ End: true }) }), failing('Broken'));
    expect(result).toMatchObject({ status: 'FAILED', error: 'Broken' });
    expect(JSON.parse(result.cause ?? '')).toMatchObject({ errorType: 'Broken' });
  });

  it('adds error and cause to the state in a Catch', async () => {
    const caught = [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Kept' }];
    const machine = machineOf({
      T: task({ Catch: caught, Next: 'Kept' }),
      Kept: { Type: 'Pass', End: true },
    });
    const { output } = await run(machine, failing('Broken'), { input: { a: 1 } });
    expect(output).toMatchObject({ a: 1, error: { Error: 'Broken' } });
  });

  it('ends in a Fail state with error and cause from its input', async () => {
    const machine = machineOf({
      F: { Type: 'Fail', ErrorPath: '$.error', CausePath: '$.cause' },
    });
    const result = await run(machine, vi.fn(), { input: { error: 'E', cause: 'why' } });
    expect(result).toMatchObject({ status: 'FAILED', error: 'E', cause: 'why' });
  });

  it('fails without a Catch if a path does not exist', async () => {
    const machine = machineOf({
      T: task({
        Parameters: { 'a.$': '$.missing' },
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'End' }],
        Next: 'End',
      }),
      End: succeed,
    });
    expect(await run(machine, vi.fn())).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
    });
  });

  it('runs all items of a Map even if some fail', async () => {
    const seen: number[] = [];
    const handler = ({ item }: { item: number }) => {
      seen.push(item);
      if (item % 2) throw new Error('odd');
      return { item };
    };
    const result = await run(machineOf({ M: mapOf({ End: true }) }), handler, {
      input: { items: [0, 1, 2, 3] },
    });
    expect(seen).toEqual([0, 1, 2, 3]);
    expect(result.output).toMatchObject([{ item: 0 }, { error: {} }, { item: 2 }, { error: {} }]);
  });

  it('counts the transitions and history events of a Map of 17', async () => {
    const machine = machineOf({ M: mapOf({ ResultPath: null, Next: 'End' }), End: succeed });
    const items = Array.from({ length: 17 }, (_, i) => i);
    const result = await run(machine, () => ({}), { input: { items } });
    expect(result).toMatchObject({
      transitions: 2 + 2 * 17,
      historyEvents: 2 + 4 + 2 + 17 * (2 + 5 + 2),
      entered: { M: 1, Each: 17, Stopped: 17, End: 1 },
    });
  });

  it('retries a task whose invocation was killed', async () => {
    const handler = vi.fn(() => 'done');
    const result = await run(retrying({ ErrorEquals: ['Lambda.Unknown'] }), handler, {
      timeFactor: 1000,
      faults: ({ attempt }) =>
        attempt === 1 ? { kind: 'crash-after', error: 'Lambda.Unknown' } : undefined,
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(handler).toHaveBeenCalledTimes(2);
  });

  it('passes its events to the observer', async () => {
    const events: StateMachineEvent['type'][] = [];
    await run(machineOf({ End: succeed }), vi.fn(), { onEvent: ({ type }) => events.push(type) });
    expect(events).toEqual([
      'ExecutionStarted',
      'StateEntered',
      'StateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('rejects if its observer throws', async () => {
    const observe = () => {
      throw new Error('observer');
    };
    const machine = machineOf({ W: { Type: 'Wait', Seconds: 60, End: true } });
    await expect(run(machine, vi.fn(), { onEvent: observe })).rejects.toThrow('observer');
  });
});

describe("the service's limits", () => {
  const loop = machineOf({
    T: task({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'C' }], Next: 'C' }),
    C: {
      Type: 'Choice',
      Choices: [{ Variable: '$.done', IsPresent: true, Next: 'End' }],
      Default: 'T',
    },
    End: succeed,
  });

  it('end an execution whose history is too long', async () => {
    const handler = vi.fn();
    const result = await run(loop, handler, { limits: { historyEvents: 100 } });
    expect(result).toMatchObject({ status: 'FAILED', error: 'HistoryEventLimitExceeded' });
    const calls = handler.mock.calls.length;
    expect(calls).toBeLessThan(30);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(handler).toHaveBeenCalledTimes(calls);
  });

  it('end an execution whose state is too large, without its Catch', async () => {
    const handler = ({ text }: { text: string }) => ({ text: text + text });
    const result = await run(loop, handler, {
      input: { text: 'x' },
      limits: { payloadBytes: 500 },
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });

  it('apply to states that call no function', async () => {
    const machine = machineOf({
      P: { Type: 'Pass', Parameters: { 'a.$': '$', 'b.$': '$' }, Next: 'W' },
      W: { Type: 'Wait', Seconds: 60, End: true },
    });
    const result = await run(machine, vi.fn(), {
      input: { text: 'x'.repeat(300) },
      limits: { payloadBytes: 500 },
    });
    expect(result).toMatchObject({ error: 'States.DataLimitExceeded' });
    expect(result.largestPayloadBytes).toBeGreaterThan(600);
  });

  it('reject an input that is too large before the start', () => {
    const more = { input: 'x'.repeat(500), limits: { payloadBytes: 500 } };
    expect(() => start(loop, vi.fn(), more)).toThrow('Invalid input: it has 502 bytes');
  });
});

describe('startExecution rejects', () => {
  const machine = machineOf({ T: task({ End: true }) });

  it.each([[null], [0], [false], ['']])('the input %j', async (input) => {
    await expect(runExecution({ machine, handlers: { Work: vi.fn() }, input })).rejects.toThrow(
      `Invalid input ${JSON.stringify(input)}: must be an object`,
    );
  });

  it('a function without a handler', () => {
    expect(() => startExecution({ machine, handlers: {}, input: {} })).toThrow(
      'Missing handlers: Work',
    );
  });

  it.each([[0], [0.5], [Number.NaN]])('a time factor of %s', (timeFactor) => {
    expect(() => start(machine, vi.fn(), { timeFactor })).toThrow(`timeFactor ${timeFactor}:`);
  });

  it('a definition with a missing target', () => {
    const lost = machineOf({ P: { Type: 'Pass', Next: 'Nowhere' } });
    const call = { machine: lost, handlers: {}, input: {} };
    expect(() => startExecution(call)).toThrow(
      expect.objectContaining({ name: 'ConfigurationError' }),
    );
  });
});
