import { describe, expect, it } from 'vitest';
import { errorCatalogue } from '#src/core/errors/error-lookup.ts';
import { recordOutcome } from '#src/steps/record-outcome/record-outcome.ts';
import { invocationOf } from '../../harness/invocation.ts';
import { StepHarness } from '../../harness/step-harness.ts';

const ExecutionArn = 'arn:aws:states:eu-west-1:111122223333:execution:Preflight:1';

/** Records the end of an execution that was asked for a preflight. */
async function record(error: { readonly Error: string; readonly Cause: string }) {
  const harness = await StepHarness.create();
  const invocation = invocationOf(harness.doubles, { executionId: 'e' });
  const input = { ...invocation, executionInput: { preflight: true } };
  const state = { next: 'preflight', errorIn: { StartPreflight: error } };
  const recorded = await recordOutcome(harness.ports, state, input).finally(invocation.close);
  const { store, events, meter } = harness.doubles;
  expect(store.dump()).toBe('[[],[],[],[]]');
  expect(events.all).toEqual([]);
  expect(meter.taken).toEqual([]);
  return recorded;
}

/** Returns the error of the state that started a preflight, as Step Functions words it. */
function ended(described: object) {
  const Cause = JSON.stringify({
    ExecutionArn,
    Input: '{}',
    InputDetails: { Included: true },
    Name: '1',
    StartDate: 1_790_000_000_000,
    StateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:Preflight',
    StopDate: 1_790_000_060_000,
    ...described,
  });
  return { Error: 'States.TaskFailed', Cause };
}

describe('RecordOutcome of a preflight that did not succeed writes no row and', () => {
  it('fails with the error of the preflight and all its failed checks', async () => {
    const { nextStep } = errorCatalogue.PreflightFailedError;
    const Cause = `2 of 40 checks failed: ${'SendChunks: read films; '.repeat(100)}. ${nextStep}`;
    const failure = { error: 'PreflightFailedError', cause: Cause };
    expect(await record(ended({ Status: 'FAILED', Error: failure.error, Cause }))).toEqual({
      next: 'fail',
      output: { status: 'preflight', ...failure },
      ...failure,
    });
  });

  it('fails with the error of a conclusion that Lambda ended', async () => {
    const Cause = '{"errorType":"Runtime.ExitError","errorMessage":"exited\\nwith 137"}';
    expect(await record(ended({ Status: 'FAILED', Error: 'Runtime.ExitError', Cause }))).toEqual(
      expect.objectContaining({ error: 'Runtime.ExitError', cause: 'exited with 137' }),
    );
  });

  it.each(['ABORTED', 'TIMED_OUT'])(
    'fails with PreflightFailedError if it was %s',
    async (Status) => {
      expect(await record(ended({ Status }))).toMatchObject({
        error: 'PreflightFailedError',
        cause: `The preflight ${ExecutionArn} ended as ${Status}. ${errorCatalogue.PreflightFailedError.nextStep}`,
      });
    },
  );

  it.each([
    ['could not start', 'StepFunctions.AccessDeniedException', 'User: r is not authorized'],
    ['could not be asked for', 'ConfigurationError', '{"errorMessage":"SOURCES is not set"}'],
    ['has an unknown cause', 'States.TaskFailed', '{"Status":5}'],
  ])('fails with the caught error if it %s', async (_, name, Cause) => {
    const recorded = await record({ Error: name, Cause });
    expect(recorded).toMatchObject({ next: 'fail', error: name });
    expect((recorded as { cause: string }).cause).not.toBe('');
  });
});
