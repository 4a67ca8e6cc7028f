import type { Context } from 'aws-lambda';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createContainer, type PortPart } from '#functions/runtime/container.ts';
import { createReconcilerHandler } from '#functions/runtime/handler.ts';
import type { Ports } from '#src/step-support/step.ts';
import { StepHarness } from '../harness/step-harness.ts';

const executionId = 'execution-a';

const context = {
  functionName: 'ferry-Reconcile',
  awsRequestId: 'request-1',
  getRemainingTimeInMillis: () => 20_000,
} as Context;

let harness: StepHarness;
beforeEach(async () => {
  harness = await StepHarness.create();
  harness.doubles.executions.states.set(executionId, 'running');
});

/** Returns a part that only an override can provide. */
function overridden<K extends keyof Ports>(port: K): PortPart<K> {
  return {
    port,
    build: () => {
      throw new Error(`the container has no override of ${port}`);
    },
  };
}

const parts = {
  store: overridden('store'),
  queue: overridden('queue'),
  events: overridden('events'),
  destination: overridden('destination'),
  executions: overridden('executions'),
};

/** Calls the reconciler with an event; returns its answer and how often it reconciled. */
async function call(event: unknown) {
  const run = vi.fn(async (): Promise<object> => ({ swept: 1 }));
  const createHandler = createReconcilerHandler('Reconcile', run, parts);
  const handler = createHandler(createContainer(process.env, harness.ports));
  return { answer: await handler(event, context), runs: run.mock.calls.length };
}

describe('the reconciler', () => {
  it('checks its permissions and reconciles nothing if a preflight calls it', async () => {
    const { answer, runs } = await call({ preflight: true, executionId });
    expect(runs).toBe(0);
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
    ['a malformed preflight', { preflight: 'yes', executionId }],
    ['an input that asks for a preflight', { state: { preflight: true }, executionId }],
    ['a status change', { source: 'aws.states', detail: {} }],
  ])('reconciles if it is called with %s', async (_, event) => {
    expect(await call(event)).toEqual({ answer: { swept: 1 }, runs: 1 });
  });
});
