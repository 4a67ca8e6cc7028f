import { describe, expect, it } from 'vitest';
import { errorCatalogue } from '#src/core/errors/error-lookup.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { fail, runWith, waiting } from './answering-machine.ts';

describe('an execution whose failure cannot be recorded', () => {
  const unable = () => {
    throw new TransferError('ConfigurationError', 'no table');
  };
  /** Runs an execution that ends with this error of Lambda or the platform. */
  const endedBy = (Cause: string | undefined, name = 'SourceNotFoundError') =>
    runWith({
      RecordOutcome: unable,
      InspectSource: () => ({ next: 'ended', ...waiting, error: { Error: name, Cause } }),
    });
  const unrecorded = `The outcome could not be recorded. ${errorCatalogue.OutcomeNotRecordedError.nextStep}`;

  it('fails with the first error name, the step, and its message instead of Lambda’s JSON', async () => {
    const { status, error, cause } = await runWith({ AwaitAsset: fail, RecordOutcome: unable });
    expect({ status, error, cause }).toEqual({
      status: 'FAILED',
      error: 'SourceNotFoundError',
      cause: `AwaitAsset failed: no such object. ${unrecorded}`,
    });
  });

  it.each([
    ['a sentence', '{"errorType":"E","errorMessage":"It is gone.","trace":["E"]}', 'It is gone.'],
    ['no trace', '{"errorType":"Sandbox.Timedout","errorMessage":"timed out"}', 'timed out.'],
    ['an empty trace', '{"errorType":"E","errorMessage":"gone","trace":[]}', 'gone.'],
    ['a message first', '{"errorMessage":"2026 timed out"}', '2026 timed out.'],
    ['quotes', '{"errorType":"E","errorMessage":"\\"a\\" is gone"}', '"a" is gone.'],
  ])('shows the message of a Lambda cause with %s', async (_, lambda, message) => {
    expect((await endedBy(lambda)).cause).toBe(`${message} ${unrecorded}`);
  });

  it.each([
    ['plain text', 'The task timed out.'],
    ['JSON of another shape', '{"code":"E"}'],
    ['JSON without a message', '{"errorType":"E","trace":["E"]}'],
    ['a message that is not text', '{"errorType":"E","errorMessage":null,"trace":[]}'],
    ['truncated JSON', '{"errorType":"E","errorMessage":"gone","trace":["E: gone","    at f'],
    ['an empty text', ''],
  ])('keeps a cause that is %s', async (_, text) => {
    const { error, cause } = await endedBy(text);
    expect({ error, cause }).toEqual({
      error: 'SourceNotFoundError',
      cause: `${text} ${unrecorded}`,
    });
  });

  it('keeps the name of an error without a cause', async () => {
    const { error, cause } = await endedBy(undefined, 'States.Timeout');
    expect({ error, cause }).toEqual({
      error: 'States.Timeout',
      cause: `States.Timeout. ${unrecorded}`,
    });
  });
});
