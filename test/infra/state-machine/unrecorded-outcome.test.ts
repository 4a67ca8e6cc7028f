import { describe, expect, it } from 'vitest';
import { errorCatalogue } from '#src/core/errors/error-lookup.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { describeErrors, readUnrecordedErrors } from '#src/outcome/failure.ts';
import { fail, runWith } from './answering-machine.ts';

describe('an execution whose outcome cannot be recorded', () => {
  const unable = () => {
    throw new TransferError('ConfigurationError', 'no table');
  };
  const { nextStep } = errorCatalogue.OutcomeNotRecordedError;

  it('fails with what to do, then the errors of the failed step and of RecordOutcome', async () => {
    const {
      status,
      error,
      cause = '',
    } = await runWith({ AwaitAsset: fail, RecordOutcome: unable });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'OutcomeNotRecordedError' });
    expect(cause).toMatch(`The outcome could not be recorded. ${nextStep} Errors: {"AwaitAsset":{`);
    expect(describeErrors(readUnrecordedErrors(cause))).toBe(
      'AwaitAsset failed: SourceNotFoundError: no such object. RecordOutcome failed: ConfigurationError: no table.',
    );
  });

  it('fails with the error of RecordOutcome alone if no step failed before', async () => {
    const { cause = '' } = await runWith({ RecordOutcome: unable });
    expect(describeErrors(readUnrecordedErrors(cause))).toBe(
      'RecordOutcome failed: ConfigurationError: no table.',
    );
  });

  it.each(['', 'The task timed out.', '{"errorMessage":"gone"}', 'Errors: {"AwaitAsset":{"Err'])(
    'is not what the cause %j says',
    (cause) => {
      expect(readUnrecordedErrors(cause)).toEqual([]);
    },
  );
});
