import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StateMachineEvent } from '#local/state-machine/event-tally.ts';
import type { LambdaHandler } from '#local/state-machine/lambda/lambda-runtime.ts';
import type { ExecutionOptions } from '#local/state-machine/run.ts';
import { machineOf, mapOf, task } from './machines.ts';
import { failing, retrying, run } from './run-machine.ts';

type Machine = ExecutionOptions['machine'];

describe('the time of an execution', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const waiting = machineOf({ W: { Type: 'Wait', SecondsPath: '$.wait.s', End: true } });

  /** Returns the result and the duration of an execution, in milliseconds. */
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

  it('is real for a wait from the input without a time factor', async () => {
    const { ms } = await duration(waiting, vi.fn(), { input: { wait: { s: 90 } } });
    expect(ms).toBe(90_000);
  });

  it('divides a wait from the input by the factor and keeps the state', async () => {
    const input = { wait: { s: 90 }, kept: true };
    const { ms, result } = await duration(waiting, vi.fn(), { input, timeFactor: 60 });
    expect(ms).toBe(1_500);
    expect(result.output).toEqual(input);
  });

  it('counts a shortened wait as a Wait', async () => {
    const events: StateMachineEvent[] = [];
    const { result } = await duration(waiting, vi.fn(), {
      input: { wait: { s: 90 } },
      timeFactor: 60,
      onEvent: (event) => events.push(event),
    });
    expect(result.historyEvents).toBe(4);
    expect(events[1]).toMatchObject({ state: { name: 'W', type: 'Wait' } });
  });

  it('uses the wait of its own input in each iteration of a Map', async () => {
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

  it('does not skip a wait with a very large factor', async () => {
    const input = { wait: { s: 1 } };
    const { ms } = await duration(waiting, vi.fn(), { input, timeFactor: 1e9 });
    expect(ms).toBe(1);
  });

  it("divides a retrier's increasing and limited delays by the factor", async () => {
    const machine = retrying({ IntervalSeconds: 10, BackoffRate: 2, MaxDelaySeconds: 15 });
    const handler = failing('Flaky', 'Flaky', 'Flaky');
    const { ms } = await duration(machine, handler, { timeFactor: 10 });
    expect(ms).toBe(1_000 + 1_500 + 1_500);
  });

  it.each([[1.5], [-1], ['90'], [undefined]])(
    'fails a wait of %j seconds without a Catch, with any factor',
    async (s) => {
      const input = { wait: { s } };
      for (const timeFactor of [1, 60]) {
        const { result } = await duration(waiting, vi.fn(), { input, timeFactor });
        expect(result).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
      }
    },
  );

  it("ends at the machine's timeout in real time, without a remaining timer", async () => {
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
