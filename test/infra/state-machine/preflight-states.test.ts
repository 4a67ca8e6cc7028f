import { describe, expect, it } from 'vitest';
import { platformErrorNames } from '#infra/state-machine/retry-policy.ts';
import type { InvocationRecord } from '#local/state-machine/lambda/lambda-runtime.ts';
import { runExecution } from '#local/state-machine/run.ts';
import { errorNames } from '#src/core/errors/error-lookup.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { functionNames } from '#src/core/shared-with-infra/step-names.ts';
import { preflightSteps } from '#src/preflight/preflight.ts';
import {
  preflightDefinition as definition,
  machine,
  nextOf,
  preflightMachine,
  reachableFrom,
} from '../deployed.ts';

const states = Object.entries(definition.States);
const tasks = states.filter(([, { Type }]) => Type === 'Task');

describe('the definition of the preflight', () => {
  it('equals the committed file', async () => {
    const text = `${JSON.stringify(definition, null, 2)}\n`;
    await expect(text).toMatchFileSnapshot('__snapshots__/preflight.asl.json');
  });

  it('checks each function once, RecordOutcome last', () => {
    const checked = [...preflightSteps, 'RecordOutcome'].map((name) => `Check${name}`);
    expect(tasks.map(([name]) => name)).toEqual(checked);
    expect(definition.StartAt).toBe(checked[0]);
  });

  it('leads to existing states only, and reaches each of them', () => {
    const missing = states.flatMap(([, state]) => nextOf(state)).filter(isMissing);
    expect(missing).toEqual([]);
    expect([...reachableFrom(definition.StartAt, definition)].sort()).toEqual(
      states.map(([name]) => name).sort(),
    );
  });

  it.each(tasks)('retries in %s what every task retries', (_, { Retry }) => {
    const retried = Retry?.flatMap(({ ErrorEquals }) => ErrorEquals);
    expect(new Set(retried)).toEqual(new Set([...platformErrorNames, ...errorNames('retry')]));
  });

  it.each(tasks)('gives %s more time than its function has', (_, { Resource, TimeoutSeconds }) => {
    const called = preflightMachine.functions.get(String(Resource));
    expect(TimeoutSeconds).toBeGreaterThanOrEqual((called?.timeoutSeconds ?? Number.NaN) + 30);
  });

  it('continues after a function that cannot be called', () => {
    for (const [name, { Catch, Next }] of tasks.slice(0, -1)) {
      const ResultPath = `$.${name.replace('Check', '')}`;
      expect(Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath, Next }]);
    }
  });

  it('ends within an hour', () => {
    expect((definition as unknown as { TimeoutSeconds: number }).TimeoutSeconds).toBe(3600);
  });
});

function isMissing(name: string): boolean {
  return definition.States[name] === undefined;
}

interface Call {
  readonly preflight?: boolean;
  readonly state?: Readonly<Record<string, unknown>>;
}

const findings = { findings: [], passed: 1, failed: 0 };
const report = { status: 'preflight', passed: 1, failed: 0, steps: {} };

/** Returns the payload of the last call. */
function lastOf(calls: readonly InvocationRecord[]): Call {
  return (calls.at(-1) as InvocationRecord).payload as Call;
}

/** Answers as the functions do: findings for a preflight, else the answer of a step. */
const answers: Readonly<Record<string, (call: Call) => unknown>> = {
  ...Object.fromEntries(functionNames.map((name) => [name, () => findings])),
  InspectSource: ({ preflight }) => (preflight ? findings : { next: 'preflight' }),
  RecordOutcome: ({ preflight, state }) =>
    preflight
      ? { next: 'succeed', output: report }
      : { next: 'fail', output: {}, error: 'PreflightFailedError', cause: errorOf(state).Cause },
};

function errorOf(state: unknown): { readonly Error: string; readonly Cause: string } {
  const { errorIn } = state as { errorIn: { StartPreflight: { Error: string; Cause: string } } };
  return errorIn.StartPreflight;
}

async function run(
  input: unknown,
  changed: Partial<typeof answers> = {},
  started: typeof machine = machine,
) {
  const calls: InvocationRecord[] = [];
  const result = await runExecution({
    machine: started,
    handlers: { ...answers, ...changed } as typeof answers,
    input,
    timeFactor: 1e6,
    onInvocation: (call) => calls.push(call),
  });
  return { ...result, calls, names: calls.map(({ functionName }) => functionName) };
}

describe('an execution of the preflight', () => {
  it('calls each function with a payload that only a preflight has, then reports', async () => {
    const { status, output, names, calls } = await run({}, {}, preflightMachine);
    expect({ status, output }).toEqual({ status: 'SUCCEEDED', output: report });
    expect(names).toEqual([...preflightSteps, 'RecordOutcome']);
    for (const { payload } of calls) {
      expect(payload).toMatchObject({ preflight: true, executionId: expect.any(String) });
    }
  });

  it('passes the findings of all functions to RecordOutcome', async () => {
    const { calls } = await run({}, {}, preflightMachine);
    expect(lastOf(calls).state).toEqual(
      Object.fromEntries(preflightSteps.map((step) => [step, findings])),
    );
  });

  it('passes the error of a function that cannot be called', async () => {
    const broken = () => {
      throw new TransferError('ConfigurationError', 'no table');
    };
    const { status, calls } = await run({}, { OpenSession: broken }, preflightMachine);
    expect(status).toBe('SUCCEEDED');
    expect(lastOf(calls).state).toMatchObject({
      OpenSession: { Error: 'ConfigurationError' },
      SendChunks: findings,
    });
  });

  it('fails with the conclusion of RecordOutcome', async () => {
    const failed = { next: 'fail', output: report, error: 'PreflightFailedError', cause: '1 of 2' };
    const { status, error, cause } = await run(
      {},
      { RecordOutcome: () => failed },
      preflightMachine,
    );
    expect({ status, error, cause }).toEqual({
      status: 'FAILED',
      error: 'PreflightFailedError',
      cause: '1 of 2',
    });
  });

  it('fails as a bug after an unknown conclusion', async () => {
    const { error } = await run({}, { RecordOutcome: () => ({ next: 'dance' }) }, preflightMachine);
    expect(error).toBe('UnexpectedError');
  });
});

describe('an execution of the transfer’s state machine with the input of a preflight', () => {
  const input = { preflight: true };

  it('returns the report of the preflight, in one state', async () => {
    const { status, output, entered, names } = await run(input);
    expect({ status, output }).toEqual({ status: 'SUCCEEDED', output: report });
    expect(entered).toMatchObject({ InspectSource: 1, IsAccepted: 1, StartPreflight: 1, Ended: 1 });
    expect(entered).not.toHaveProperty('RecordOutcome');
    // One call answers that the input asks for a preflight. The others belong to the preflight.
    expect(names).toEqual(['InspectSource', ...preflightSteps, 'RecordOutcome']);
  });

  it('passes the failure of the preflight to RecordOutcome', async () => {
    const RecordOutcome = (call: Call) =>
      call.preflight
        ? { next: 'fail', output: report, error: 'PreflightFailedError', cause: '1 of 2 failed' }
        : answers.RecordOutcome?.(call);
    const { status, error, cause = '', calls } = await run(input, { RecordOutcome });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'PreflightFailedError' });
    expect(JSON.parse(cause)).toMatchObject({
      Status: 'FAILED',
      Error: 'PreflightFailedError',
      Cause: '1 of 2 failed',
    });
    const { state, ...others } = lastOf(calls);
    expect(errorOf(state).Error).toBe('States.TaskFailed');
    expect(others).toMatchObject({ input });
  });

  it('needs no preflight in a transfer: an ordinary start enters no state of it', async () => {
    const { entered } = await run(
      { bucket: 'films', key: 'film.mp4' },
      {
        InspectSource: () => ({ next: 'ended', waitSeconds: 0 }),
        RecordOutcome: () => ({ next: 'succeed', output: {} }),
      },
    );
    expect(entered).not.toHaveProperty('StartPreflight');
  });
});
