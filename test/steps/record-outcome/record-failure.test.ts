import { describe, expect, it } from 'vitest';
import { errorCatalogue } from '#src/core/errors/error-lookup.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { rejectionIdOf } from '#src/step-support/transfer-ids.ts';
import { film, putFilm } from '../../harness/port-harness.ts';
import { itemOf, StepHarness } from '../../harness/step-harness.ts';
import { eventTypes, readyTransfer, recordFailure } from './record-harness.ts';

describe('RecordOutcome of a failure', () => {
  const cause = (errorMessage: string) =>
    JSON.stringify({ errorType: 'Error', errorMessage, trace: ['at x (y.js:1:1)'] });

  it('fails by the error’s name, with one line that contains the next step', async () => {
    const error = { Error: 'CredentialsRejectedError', Cause: cause('401: the key is rejected') };
    const { harness, state, recorded } = await recordFailure(error);
    expect(recorded).toMatchObject({
      next: 'fail',
      error: 'CredentialsRejectedError',
      cause: `AwaitAsset failed: 401: the key is rejected. ${errorCatalogue.CredentialsRejectedError.nextStep}`,
    });
    const reported = {
      status: 'failed',
      error: 'CredentialsRejectedError',
      transferId: state.transferId,
    };
    expect(await harness.row(state)).toMatchObject({ state: 'failed', outcome: reported });
    expect(harness.doubles.events.outcomes).toMatchObject([
      { type: 'Transfer Failed', detail: reported },
    ]);
  });

  it.each([
    ['Lambda’s JSON', cause('two\nlines\tand\u0007a bell')],
    ['plain text', 'RequestId: 1 Error: Runtime\r\nexited'],
    ['JSON of another form', '{"message":"x\\ny"}'],
    ['JSON that is not an object', '"x\\ny"'],
    ['an empty text', ''],
    ['a very long text', `${'x'.repeat(40_000)}\ny`],
  ])('makes one short line of %s', async (_, text) => {
    const { recorded } = await recordFailure({ Error: 'Sandbox.Timedout', Cause: text });
    const line = (recorded as { cause: string }).cause;
    expect(line).not.toMatch(/\p{Cc}/u);
    expect(line.length).toBeLessThan(1300);
    expect(line).toContain('Start a new execution');
  });

  it('names the step that failed, the value and the error, in the row and the event', async () => {
    const { harness, state } = await readyTransfer();
    const errorIn = {
      AwaitAsset: { Error: 'AssetFailedError', Cause: cause('asset a1: no video') },
    };
    await harness.record({ ...state, errorIn });
    const reported = {
      error: 'AssetFailedError',
      cause: `AwaitAsset failed: asset a1: no video. ${errorCatalogue.AssetFailedError.nextStep}`,
    };
    expect(await harness.row(state)).toMatchObject({ outcome: reported });
    expect(harness.doubles.events.outcomes).toMatchObject([{ detail: reported }]);
  });

  it('names the sending step if ConfirmUpload reports its error', async () => {
    const { harness, state } = await readyTransfer();
    const Cause = cause('SendChunks failed: chunk 3: 403');
    const errorIn = { ConfirmUpload: { Error: 'UploadRejectedError', Cause } };
    const { output } = await harness.record({ ...state, errorIn });
    expect(output.cause).toMatch(/^SendChunks failed: chunk 3: 403\./);
  });

  it('is UnexpectedError if a step gave an answer that no state follows', async () => {
    const { harness, state } = await readyTransfer();
    const recorded = await harness.record({ ...state, next: 'dance' });
    expect(recorded).toMatchObject({
      error: 'UnexpectedError',
      cause: expect.stringContaining('Invalid answer "dance" of a step: no state follows it.'),
    });
  });

  it('contains no stack trace', async () => {
    const { recorded } = await recordFailure({
      Error: 'UnexpectedError',
      Cause: cause('TypeError: x'),
    });
    expect((recorded as { cause: string }).cause).toMatch(
      /^AwaitAsset failed: TypeError: x\. (?!.*at x)/,
    );
  });

  it('is recorded in the transfer also if the step failed just after it took the transfer', async () => {
    const harness = await StepHarness.create();
    putFilm(harness.doubles, 3000);
    const inspected = await harness.inspect();
    const error = new TransferError('RequestRejectedError', '400: no');
    harness.override({ openSession: () => Promise.reject(error) });
    await expect(harness.open(inspected)).rejects.toBe(error);
    const caught = { Error: error.name, Cause: cause(error.message) };
    const { output } = await harness.record({ ...inspected, errorIn: { OpenSession: caught } });
    expect(await harness.row(output)).toMatchObject({ state: 'failed', ingestNumber: 1 });
  });

  it('does not contain the asset of an earlier session', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    await harness.send(itemOf(opened));
    const error = { Error: 'RoundsExhaustedError', Cause: '' };
    const { output } = await harness.record({ ...opened, errorIn: { SendChunks: error } });
    expect(output.assetId).toBeUndefined();
  });
});

describe('N25: RecordOutcome of a rejected start', () => {
  const error = { Error: 'InvalidInputError', Cause: 'input.force: no' };

  it('writes a row with the named object, and publishes the event', async () => {
    const harness = await StepHarness.create();
    const recorded = await harness.record(
      { errorIn: { InspectSource: error } },
      { executionInput: film },
    );
    const transferId = rejectionIdOf('execution-a');
    expect(recorded).toMatchObject({ next: 'fail', error: error.Error, output: { transferId } });
    expect(await harness.row({ transferId })).toMatchObject({
      state: 'rejected',
      source: film,
      owner: 'execution-a',
      outcomePublished: true,
      outcome: recorded.output,
    });
    expect(harness.doubles.events.outcomes).toMatchObject([
      {
        type: 'Transfer Failed',
        detail: { ...film, error: 'InvalidInputError', execution: 'execution-a' },
      },
    ]);
  });

  it.each([undefined, null, 'films', [], { bucket: 7 }])(
    'accepts an input of %j',
    async (input) => {
      const harness = await StepHarness.create();
      const recorded = await harness.record(
        { errorIn: { InspectSource: error } },
        { executionInput: input },
      );
      expect(recorded).toMatchObject({ next: 'fail', cause: expect.stringContaining('force: no') });
      expect(eventTypes(harness)).toEqual(['Transfer Failed']);
    },
  );

  it('names the object also if another field is invalid', async () => {
    const harness = await StepHarness.create();
    const executionInput = { ...film, force: 'yes' };
    const { output } = await harness.record(
      { errorIn: { InspectSource: error } },
      { executionInput },
    );
    expect(output).toMatchObject(film);
  });
});
