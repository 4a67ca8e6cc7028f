import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LambdaHandler } from '#local/state-machine/lambda/lambda-runtime.ts';
import type { ExecutionOptions } from '#local/state-machine/run.ts';
import { machineOf, mapOf, task } from './machines.ts';
import { failing, start } from './run-machine.ts';

type Machine = ExecutionOptions['machine'];

const succeed = { Type: 'Succeed' };

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

  it('ends a running task at once, without Retry and Catch', () =>
    expectDeadAfterKill(plain, hang, 1));

  it('ends a task that waits for its next retry', () =>
    expectDeadAfterKill(plain, failing('A', 'A', 'A', 'A', 'A', 'A'), 1));

  it('ends a Map with running and queued iterations', () => expectDeadAfterKill(map, hang, 1));

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

  it('does not change an execution that is over', async () => {
    const execution = start(machineOf({ End: succeed }), vi.fn());
    await execution.result;
    execution.kill();
    expect(execution.status()).toBe('SUCCEEDED');
  });
});
