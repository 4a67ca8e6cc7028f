import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/errors.ts';
import { Negotiated } from '../../doubles/destinations/negotiated.ts';
import { Serial } from '../../doubles/destinations/serial.ts';
import { itemOf, type Planned, StepHarness } from '../../harness/step-harness.ts';

async function rangeError(harness: StepHarness, { transferId }: Planned) {
  return (await harness.doubles.store.ranges(transferId, 1))[0]?.error;
}

describe('ReportProofs', () => {
  it('reports the proofs of its range in one call', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(60);
    await harness.send(itemOf(opened, 2));
    await harness.report(itemOf(opened, 2));
    expect(harness.doubles.calls.reports).toEqual([[51, 52, 53, 54, 55, 56, 57, 58, 59, 60]]);
  });

  it('splits the proofs into calls of the size that the service accepts', async () => {
    const harness = await StepHarness.createWith(
      (clock, options) => new Negotiated(clock, options),
    );
    harness.override({ traits: { ...harness.ports.destination.traits, maxProofsPerReport: 20 } });
    const opened = await harness.openTransfer(50);
    await harness.send(itemOf(opened));
    await harness.report(itemOf(opened));
    expect(harness.doubles.calls.reports.map(({ length }) => length)).toEqual([20, 20, 10]);
  });

  it('makes no call if the service takes no reports', async () => {
    const harness = await StepHarness.createWith((clock, options) => new Serial(clock, options));
    const opened = await harness.openTransfer(3);
    await harness.send(itemOf(opened));
    await harness.report(itemOf(opened));
    expect(harness.doubles.calls.reports).toEqual([]);
  });

  it('makes no call without proofs', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    await harness.report(itemOf(opened));
    expect(harness.doubles.calls.reports).toEqual([]);
  });

  it('skips retired proofs', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    await harness.send(itemOf(opened));
    await harness.doubles.store.retireProof(opened.transferId, 1, 2, 1, 'lost');
    await harness.report(itemOf(opened));
    expect(harness.doubles.calls.reports).toEqual([[1, 3]]);
  });

  it('retries a transient error, and counts the retry', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    await harness.send(itemOf(opened));
    harness.service.faults.failCall('report', 'throttled');
    await harness.report(itemOf(opened));
    expect(harness.doubles.calls.reports).toHaveLength(2);
    expect((await harness.row(opened)).retries).toEqual({ ThrottledError: 1 });
  });

  it('records a final error and ends normally', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    await harness.send(itemOf(opened));
    const error = new TransferError('RequestRejectedError', '400: no');
    harness.override({ reportProofs: () => Promise.reject(error) });
    await harness.report(itemOf(opened));
    expect(await rangeError(harness, opened)).toMatchObject({
      name: error.name,
      message: '400: no',
    });
  });

  it('reports the stored proofs of a dead sender, and records its death', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    await harness.send({ ...itemOf(opened), range: { n: 1, first: 1, last: 2 } });
    const error = { Error: 'Sandbox.Timedout', Cause: 'Task timed out after 900.00 seconds' };
    await harness.report({ ...itemOf(opened), error });
    expect(harness.doubles.calls.reports).toEqual([[1, 2]]);
    expect(await rangeError(harness, opened)).toMatchObject({
      disposition: 'retry',
      message: expect.stringContaining('Task timed out'),
      executionId: 'execution-a',
      round: 1,
    });
  });

  it('records the name and message of a product error without the stack trace', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    const cause = { errorType: 'UnexpectedError', errorMessage: 'TypeError: x', trace: ['at y'] };
    const error = { Error: 'UnexpectedError', Cause: JSON.stringify(cause) };
    await harness.report({ ...itemOf(opened), error });
    const recorded = await rangeError(harness, opened);
    expect(recorded).toMatchObject({ name: 'UnexpectedError', disposition: 'fail' });
    expect(recorded?.message).toContain('TypeError: x');
    expect(recorded?.message).not.toContain('trace');
  });
});
