import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { give } from '#functions/runtime/given.ts';
import { reconciling } from '#functions/runtime/reconciling.ts';
import { StepHarness } from '../harness/step-harness.ts';

const executionId = 'execution-a';

const context = {
  functionName: 'ferry-Reconcile',
  awsRequestId: 'request-1',
  getRemainingTimeInMillis: () => 20_000,
} as Context;

let harness: StepHarness;
beforeEach(async () => {
  harness = await StepHarness.set();
  harness.bench.executions.states.set(executionId, 'running');
  const { clock, random, log, meter } = harness.ports;
  give({ clock, random, log, meter });
});
afterEach(() => give({}));

/** Calls the reconciler with an event; tells what it answered, and whether it settled. */
async function call(event: unknown) {
  const settle = vi.fn(async (): Promise<object> => ({ swept: 1 }));
  const handler = reconciling('Reconcile', settle, () => harness.ports);
  return { answer: await handler(event, context), settled: settle.mock.calls.length };
}

describe('the reconciler, asked by a preflight', () => {
  it('tells what it can reach and settles nothing', async () => {
    const { answer, settled } = await call({ state: { preflight: true }, executionId });
    expect(settled).toBe(0);
    expect(answer).toMatchObject({ failed: 0, passed: expect.any(Number) });
    const { findings } = answer as { findings: { check: string }[] };
    expect(findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining([
        'table: list transfers by state (dynamodb:Query)',
        'table: delete a row (dynamodb:DeleteItem)',
        'service: call it with the API key',
        'event bus: put an event (events:PutEvents)',
        'state machine: ask for an execution (states:DescribeExecution)',
      ]),
    );
  });

  it.each([
    ['a schedule', {}],
    ['a preflight that is not meant', { state: { preflight: 'yes' }, executionId }],
    ['a status change', { source: 'aws.states', detail: {} }],
  ])('is not when it is called with %s', async (_, event) => {
    expect(await call(event)).toEqual({ answer: { swept: 1 }, settled: 1 });
  });
});
