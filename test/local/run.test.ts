import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StateMachineEvent } from '#local/state-machine/event-tally.ts';
import type { LambdaHandler } from '#local/state-machine/lambda-runtime.ts';
import { type ExecutionOptions, runExecution, startExecution } from '#local/state-machine/run.ts';
import { machineOf, mapOf, task } from './machines.ts';

type Machine = ExecutionOptions['machine'];

const succeed = { Type: 'Succeed' };

function start(machine: Machine, handler: LambdaHandler, more: Partial<ExecutionOptions> = {}) {
  return startExecution({ machine, handlers: { Work: handler }, input: {}, ...more });
}

function run(machine: Machine, handler: LambdaHandler, more: Partial<ExecutionOptions> = {}) {
  return start(machine, handler, more).result;
}

function failing(...names: string[]): LambdaHandler {
  return () => {
    const name = names.shift();
    if (name) throw Object.assign(new Error('as told'), { name });
    return 'done';
  };
}

const retrying = (fields: Record<string, unknown> = {}) =>
  machineOf({
    T: task({ Retry: [{ ErrorEquals: ['Flaky'], IntervalSeconds: 1, ...fields }], End: true }),
  });

describe('an execution', () => {
  it('names itself by an ARN that the handlers can see', async () => {
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

  it('fails with the error and the cause that Lambda would give', async () => {
    const result = await run(machineOf({ T: task({ End: true }) }), failing('Broken'));
    expect(result).toMatchObject({ status: 'FAILED', error: 'Broken' });
    expect(JSON.parse(result.cause ?? '')).toMatchObject({ errorType: 'Broken' });
  });

  it('keeps error and cause beside the state where it catches', async () => {
    const caught = [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Kept' }];
    const machine = machineOf({
      T: task({ Catch: caught, Next: 'Kept' }),
      Kept: { Type: 'Pass', End: true },
    });
    const { output } = await run(machine, failing('Broken'), { input: { a: 1 } });
    expect(output).toMatchObject({ a: 1, error: { Error: 'Broken' } });
  });

  it('ends in a Fail state by the names found in its input', async () => {
    const machine = machineOf({
      F: { Type: 'Fail', ErrorPath: '$.error', CausePath: '$.cause' },
    });
    const result = await run(machine, vi.fn(), { input: { error: 'E', cause: 'why' } });
    expect(result).toMatchObject({ status: 'FAILED', error: 'E', cause: 'why' });
  });

  it('ends past every Catch where a path points nowhere', async () => {
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

  it('goes through all items of a Map though some of them fail', async () => {
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

  it('calls a task again when its invocation was killed', async () => {
    const handler = vi.fn(() => 'done');
    const result = await run(retrying({ ErrorEquals: ['Lambda.Unknown'] }), handler, {
      timeFactor: 1000,
      faults: ({ attempt }) =>
        attempt === 1 ? { kind: 'crash-after', error: 'Lambda.Unknown' } : undefined,
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(handler).toHaveBeenCalledTimes(2);
  });

  it('shows its events to the observer', async () => {
    const events: StateMachineEvent['type'][] = [];
    await run(machineOf({ End: succeed }), vi.fn(), { onEvent: ({ type }) => events.push(type) });
    expect(events).toEqual([
      'ExecutionStarted',
      'StateEntered',
      'StateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('is over, and says so, when its observer throws', async () => {
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

  it('end an execution whose history grows too long', async () => {
    const handler = vi.fn();
    const result = await run(loop, handler, { limits: { historyEvents: 100 } });
    expect(result).toMatchObject({ status: 'FAILED', error: 'HistoryEventLimitExceeded' });
    const calls = handler.mock.calls.length;
    expect(calls).toBeLessThan(30);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(handler).toHaveBeenCalledTimes(calls);
  });

  it('end an execution whose state grows too large, past its Catch', async () => {
    const handler = ({ text }: { text: string }) => ({ text: text + text });
    const result = await run(loop, handler, {
      input: { text: 'x' },
      limits: { payloadBytes: 500 },
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });

  it('cover states that call no function', async () => {
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

  it('refuse an input that is too large before anything starts', () => {
    const more = { input: 'x'.repeat(500), limits: { payloadBytes: 500 } };
    expect(() => start(loop, vi.fn(), more)).toThrow('the input holds 502 bytes');
  });
});

describe('what an execution refuses', () => {
  const machine = machineOf({ T: task({ End: true }) });

  it.each([[null], [0], [false], ['']])('the input %j', async (input) => {
    await expect(runExecution({ machine, handlers: { Work: vi.fn() }, input })).rejects.toThrow(
      "a local execution can't take the input",
    );
  });

  it('a function without a handler', () => {
    expect(() => startExecution({ machine, handlers: {}, input: {} })).toThrow(
      'no handler is given for Work',
    );
  });

  it.each([[0], [0.5], [Number.NaN]])('a time factor of %s', (timeFactor) => {
    expect(() => start(machine, vi.fn(), { timeFactor })).toThrow(`${timeFactor} times`);
  });

  it('a definition whose ways lead nowhere', () => {
    const lost = machineOf({ P: { Type: 'Pass', Next: 'Nowhere' } });
    expect(() => start(lost, vi.fn())).toThrow(
      expect.objectContaining({ name: 'ConfigurationError' }),
    );
  });
});

describe('time', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const waiting = machineOf({ W: { Type: 'Wait', SecondsPath: '$.wait.s', End: true } });

  /** How long an execution takes, in milliseconds. */
  async function duration(
    machine: Machine,
    handler: LambdaHandler,
    more: Partial<ExecutionOptions>,
  ) {
    const startedAt = Date.now();
    const done = run(machine, handler, more).then((result) => ({
      result,
      ms: Date.now() - startedAt,
    }));
    await vi.advanceTimersByTimeAsync(3_600_000);
    return done;
  }

  it('is real for a wait named by the input unless sped up', async () => {
    const { ms } = await duration(waiting, vi.fn(), { input: { wait: { s: 90 } } });
    expect(ms).toBe(90_000);
  });

  it('divides a wait named by the input by the factor and keeps the state', async () => {
    const input = { wait: { s: 90 }, kept: true };
    const { ms, result } = await duration(waiting, vi.fn(), { input, timeFactor: 60 });
    expect(ms).toBe(1_500);
    expect(result.output).toEqual(input);
  });

  it('counts a sped-up wait as the Wait it is', async () => {
    const events: StateMachineEvent[] = [];
    const { result } = await duration(waiting, vi.fn(), {
      input: { wait: { s: 90 } },
      timeFactor: 60,
      onEvent: (event) => events.push(event),
    });
    expect(result.historyEvents).toBe(4);
    expect(events[1]).toMatchObject({ state: { name: 'W', type: 'Wait' } });
  });

  it('gives each iteration of a Map the wait of its own input', async () => {
    const machine = machineOf({
      M: mapOf({
        ItemProcessor: {
          StartAt: 'P',
          States: { P: { Type: 'Wait', SecondsPath: '$.item', End: true } },
        },
        MaxConcurrency: 1,
        End: true,
      }),
    });
    const { ms } = await duration(machine, vi.fn(), {
      input: { items: [60, 120] },
      timeFactor: 60,
    });
    expect(ms).toBe(3_000);
  });

  it('divides a fixed wait by the factor', async () => {
    const machine = machineOf({ W: { Type: 'Wait', Seconds: 30, End: true } });
    const { ms } = await duration(machine, vi.fn(), { timeFactor: 60 });
    expect(ms).toBe(500);
  });

  it('never skips a wait, however large the factor', async () => {
    const input = { wait: { s: 1 } };
    const { ms } = await duration(waiting, vi.fn(), { input, timeFactor: 1e9 });
    expect(ms).toBe(1);
  });

  it("divides a retrier's growing and bounded delays by the factor", async () => {
    const machine = retrying({ IntervalSeconds: 10, BackoffRate: 2, MaxDelaySeconds: 15 });
    const handler = failing('Flaky', 'Flaky', 'Flaky');
    const { ms } = await duration(machine, handler, { timeFactor: 10 });
    expect(ms).toBe(1_000 + 1_500 + 1_500);
  });

  it.each([[1.5], [-1], ['90'], [undefined]])(
    'ends a wait of %j seconds past every Catch, sped up or not',
    async (s) => {
      const input = { wait: { s } };
      for (const timeFactor of [1, 60]) {
        const { result } = await duration(waiting, vi.fn(), { input, timeFactor });
        expect(result).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
      }
    },
  );

  it("ends at the machine's timeout, which is never sped up, leaving no timer", async () => {
    const machine = machineOf(
      { T: task({ TimeoutSeconds: 600, End: true }) },
      { TimeoutSeconds: 20 },
    );
    const { result, ms } = await duration(machine, () => new Promise(() => {}), { timeFactor: 60 });
    expect(result).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
    expect(ms).toBe(20_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('killing an execution', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const stubborn = {
    Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 5, MaxAttempts: 9 }],
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Stopped' }],
    Next: 'Stopped',
  };
  const stopped = { Type: 'Pass', Next: 'After' };
  const plain = machineOf({ T: task(stubborn), Stopped: stopped, After: task({ End: true }) });
  const map = machineOf({
    M: mapOf({
      MaxConcurrency: 2,
      ItemProcessor: {
        StartAt: 'Each',
        States: { Each: task(stubborn), Stopped: { Type: 'Pass', End: true } },
      },
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'After' }],
      Next: 'After',
    }),
    After: task({ End: true }),
  });
  const hang = () => new Promise(() => {});

  async function expectDeadAfterKill(machine: Machine, handler: LambdaHandler, timeFactor: number) {
    const spy = vi.fn(handler);
    const input = { items: [1, 2, 3, 4, 5], wait: 300 };
    const execution = start(machine, spy, { input, timeFactor });
    await vi.advanceTimersByTimeAsync(100);
    const calls = spy.mock.calls.length;
    execution.kill();
    expect(await execution.result).toMatchObject({ status: 'ABORTED' });
    expect(execution.status()).toBe('ABORTED');
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(spy).toHaveBeenCalledTimes(calls);
    expect(vi.getTimerCount()).toBe(0);
  }

  it('ends a running task at once, past Retry and Catch', () =>
    expectDeadAfterKill(plain, hang, 1));

  it('ends a task that waits for its next attempt', () =>
    expectDeadAfterKill(plain, failing('A', 'A', 'A', 'A', 'A', 'A'), 1));

  it('ends a Map with iterations running and queued', () => expectDeadAfterKill(map, hang, 1));

  it.each([[1], [2]])('ends a wait at a time factor of %s', (timeFactor) =>
    expectDeadAfterKill(
      machineOf({
        W: { Type: 'Wait', SecondsPath: '$.wait', Next: 'T' },
        T: task({ End: true }),
      }),
      vi.fn(),
      timeFactor,
    ),
  );

  it('changes nothing about an execution that is over', async () => {
    const execution = start(machineOf({ End: succeed }), vi.fn());
    await execution.result;
    execution.kill();
    expect(execution.status()).toBe('SUCCEEDED');
  });
});
