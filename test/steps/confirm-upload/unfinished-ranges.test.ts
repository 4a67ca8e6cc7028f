import { describe, expect, it } from 'vitest';
import { maxCallsPerExecution } from '#src/core/limits/limits.ts';
import { itemOf, StepHarness } from '../../harness/step-harness.ts';

describe('ConfirmUpload, with ranges that need further calls', () => {
  async function confirmWith(sentRanges: readonly object[]) {
    const harness = await StepHarness.create({}, { mapConcurrency: 1 });
    const opened = await harness.openTransfer(3);
    const answer = await harness.confirm({ ...opened, sentRanges });
    return { harness, opened, answer };
  }

  it('continues those only, and asks the service nothing', async () => {
    const more = {
      n: 2,
      first: 51,
      last: 60,
      calls: 1,
      idleCalls: 0,
      next: 'more',
      waitSeconds: 0,
    };
    const { answer } = await confirmWith([{ n: 1, next: 'sent' }, more, { n: 3, next: 'stop' }]);
    expect(answer).toMatchObject({ next: 'continue', waitSeconds: 0, unfinished: [more] });
  });

  it('waits only for the rest of the wait of a range', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    const now = harness.doubles.clock.now();
    const waiting = { n: 1, first: 1, last: 3, next: 'wait', waitSeconds: 300 };
    const confirm = (until: number) =>
      harness.confirm({ ...opened, sentRanges: [{ ...waiting, until }] });
    expect(await confirm(now + 90_000)).toMatchObject({
      unfinished: [{ next: 'wait', waitSeconds: 90 }],
    });
    expect(await confirm(now - 1)).toMatchObject({
      unfinished: [{ next: 'more', waitSeconds: 0 }],
    });
  });

  it('shares the calls that the execution has left', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    const more = { n: 1, first: 1, last: 3, calls: 1, next: 'more', waitSeconds: 0 };
    const confirm = (calls: number) =>
      harness.confirm({ ...opened, calls, sentRanges: [more, more, { next: 'sent' }] });
    expect(await confirm(maxCallsPerExecution - 9)).toMatchObject({
      unfinished: [{ maxCalls: 5 }, { maxCalls: 5 }],
    });
    expect(await confirm(maxCallsPerExecution - 1)).toMatchObject({ next: 'missing' });
  });

  it('keeps the wait that a service asked for, if the history has no room to continue', async () => {
    const harness = await StepHarness.create({}, { mapConcurrency: 1 });
    const opened = await harness.openTransfer(3);
    harness.service.faults.failSend(2, { kind: 'throttled', retryAfterSeconds: 240 });
    const waiting = await harness.send(itemOf(opened));
    expect(waiting).toMatchObject({ next: 'wait' });
    const askedUntil = (waiting as { until: number }).until;
    const calls = maxCallsPerExecution;
    let state: object = { ...opened, calls, sentRanges: [waiting] };
    for (let checks = 0; checks < 5; checks++) {
      const checked = await harness.confirm(state);
      if (checked.next !== 'wait') break;
      state = harness.waitFor(checked);
    }
    const planned = await harness.open({ ...state, next: 'missing' });
    expect(planned).toMatchObject({ ending: { status: 'queued' } });
    expect(harness.doubles.clock.now()).toBeGreaterThanOrEqual(askedUntil);
  });

  it('counts the further calls of ranges, and one for a call without an answer', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    const continued = [{ calls: 6 }, { calls: 1 }, {}];
    const answer = await harness.confirm({ ...opened, calls: 10, continued });
    expect(answer).toMatchObject({ next: 'missing', calls: 17 });
  });

  it('continues an answer that no state knows: the state machine records the bug', async () => {
    const { answer } = await confirmWith([{}]);
    expect(answer).toMatchObject({ unfinished: [{ next: 'none' }] });
  });

  it('does not continue for an execution that lost its transfer', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    const sentRanges = [{ n: 1, first: 1, last: 3, next: 'more', waitSeconds: 0 }];
    const lost = harness.confirm({ ...opened, fence: 0, sentRanges });
    await expect(lost).rejects.toThrow('is now owned by');
  });
});

describe('ConfirmUpload, for a range whose sender ended without an answer', () => {
  async function recordError(error: object) {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    const answer = await harness.recordRangeError({ ...itemOf(opened), error });
    const [row] = await harness.doubles.store.ranges(opened.transferId, 1);
    return { answer, recorded: row?.error };
  }

  it('records its death', async () => {
    const Cause = 'Task timed out after 900.00 seconds';
    const { answer, recorded } = await recordError({ Error: 'Sandbox.Timedout', Cause });
    expect(answer).toEqual({ next: 'continue', waitSeconds: 0, unfinished: [] });
    expect(recorded).toMatchObject({
      name: 'FunctionEndedError',
      disposition: 'retry',
      message: expect.stringContaining('Task timed out'),
      executionId: 'execution-a',
      round: 1,
    });
  });

  it('records the name and message of a product error without the stack trace', async () => {
    const cause = { errorType: 'UnexpectedError', errorMessage: 'TypeError: x', trace: ['at y'] };
    const error = { Error: 'UnexpectedError', Cause: JSON.stringify(cause) };
    const { recorded } = await recordError(error);
    expect(recorded).toMatchObject({ name: 'UnexpectedError', disposition: 'fail' });
    expect(recorded?.message).toContain('TypeError: x');
    expect(recorded?.message).not.toContain('trace');
  });
});
