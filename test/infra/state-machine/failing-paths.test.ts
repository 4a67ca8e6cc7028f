import { describe, expect, it } from 'vitest';
import type { ErrorName } from '#src/core/errors/error-lookup.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { readUnrecordedErrors } from '#src/outcome/failure.ts';
import {
  type Answer,
  fail,
  recordsFailure,
  runWith,
  type Sent,
  waiting,
} from './answering-machine.ts';

describe('an execution', () => {
  it('without failures calls each step once, and the Map once for each range', async () => {
    const { status, output, calls } = await runWith({});
    expect({ status, output }).toEqual({ status: 'SUCCEEDED', output: { assetId: 'a' } });
    expect(calls.map(({ functionName }) => functionName)).toEqual([
      'InspectSource',
      'OpenSession',
      ...['SendChunks', 'SendChunks'],
      ...['ConfirmUpload', 'AwaitAsset', 'RecordOutcome'],
    ]);
  });

  it('starts queued transfers only if some wait, and continues to its asset if that fails', async () => {
    const queued = { ConfirmUpload: () => ({ next: 'dispatch', ...waiting }) };
    const { status, callsOf } = await runWith({ ...queued, Dispatch: fail });
    expect(status).toBe('SUCCEEDED');
    expect(callsOf('Dispatch')).toHaveLength(1);
    expect(callsOf('AwaitAsset').map(({ payload }) => payload)).toMatchObject([
      { state: { next: 'dispatch' } },
    ]);
  });

  it('from the dispatcher passes its input to OpenSession', async () => {
    const dispatched = { transferId: 't', fence: 1 };
    const passes: Answer = ({ state }: { state: object }) => ({
      ...state,
      next: 'open',
      ...waiting,
    });
    const input = { dispatched, bucket: 'films', key: 'film.mp4' };
    const { callsOf } = await runWith({ InspectSource: passes }, input);
    expect(callsOf('OpenSession')).toMatchObject([{ payload: { state: { dispatched } } }]);
  });

  it('that queues its transfer ends without calling the dispatcher', async () => {
    const { status, calls } = await runWith({ OpenSession: () => ({ next: 'ended', ...waiting }) });
    expect(status).toBe('SUCCEEDED');
    expect(calls.map(({ functionName }) => functionName)).toEqual([
      'InspectSource',
      'OpenSession',
      'RecordOutcome',
    ]);
  });

  const outer = ['InspectSource', 'OpenSession', 'ConfirmUpload', 'AwaitAsset'] as const;

  it.each(outer)('records a failed %s and fails with its error name', async (step) => {
    const { status, error, cause, callsOf } = await runWith({
      [step]: fail,
      RecordOutcome: recordsFailure,
    });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'SourceNotFoundError' });
    expect(cause).toContain(`${step} failed: no such object.`);
    expect(callsOf('RecordOutcome')).toHaveLength(1);
  });

  it.each(outer)('shows the error of %s if its outcome cannot be recorded', async (step) => {
    const { error, cause } = await runWith({ [step]: fail, RecordOutcome: fail });
    expect(error).toBe('OutcomeNotRecordedError');
    expect(readUnrecordedErrors(cause ?? '')).toMatchObject([
      { step, Error: 'SourceNotFoundError', Cause: expect.stringContaining('no such object') },
      { step: 'RecordOutcome', Error: 'SourceNotFoundError' },
    ]);
  });

  it('names the step whose function ended from outside', async () => {
    const ended = () => {
      throw Object.assign(new Error('Task timed out'), { name: 'Sandbox.Timedout' });
    };
    const { error, cause } = await runWith({ AwaitAsset: ended, RecordOutcome: recordsFailure });
    expect(error).toBe('Sandbox.Timedout');
    expect(cause).toMatch(/^AwaitAsset failed: .*Task timed out/);
  });

  it.each(outer)('whose %s gives an answer that no state knows fails as a bug', async (step) => {
    const { status, error, cause } = await runWith({
      [step]: () => ({ next: 'dance' }),
      RecordOutcome: recordsFailure,
    });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'UnexpectedError' });
    expect(cause).toContain('Invalid answer "dance" of a step');
  });

  /** Answers as ConfirmUpload does: ranges that are not over continue first. */
  const continuing: Answer = ({ state }: { state: { sentRanges?: { next: string }[] } }) => {
    const unfinished = (state.sentRanges ?? []).filter(
      ({ next }) => !['sent', 'stop'].includes(next),
    );
    return unfinished.length > 0
      ? { ...state, sentRanges: [], unfinished, next: 'continue', ...waiting }
      : { next: 'asset', ...waiting };
  };

  it('calls SendChunks again for the ranges that need more, and waits as long as it asks for', async () => {
    const rest = ['more', 'wait', 'more', 'sent'];
    const { status, callsOf, entered } = await runWith({
      ConfirmUpload: continuing,
      SendChunks: ({ state: { range } }: Sent) => {
        const next = range.n === 1 ? rest.shift() : 'sent';
        return { ...range, next, ...waiting };
      },
    });
    expect(status).toBe('SUCCEEDED');
    expect(callsOf('SendChunks')).toHaveLength(5);
    expect(entered).toMatchObject({
      SendChunks: 2,
      ContinueRange: 3,
      WaitToSend: 1,
      RangeEnded: 1,
    });
    expect(callsOf('ConfirmUpload')).toHaveLength(2);
  });

  it('whose SendChunks fails in every range calls it again, records the error and confirms', async () => {
    const recorded: unknown[] = [];
    const confirms: Answer = (payload: { state: { range?: object; error?: object } }) => {
      if (payload.state.range) recorded.push(payload.state);
      return continuing(payload as never);
    };
    const { status, callsOf } = await runWith({ SendChunks: fail, ConfirmUpload: confirms });
    expect(status).toBe('SUCCEEDED');
    expect(callsOf('SendChunks')).toHaveLength(4);
    const error = { Error: 'SourceNotFoundError' };
    expect(recorded).toMatchObject([
      { range: { n: 1, first: 1, last: 50 }, error },
      { range: { n: 2, first: 51, last: 60 }, error },
    ]);
  });

  it('whose error of a range cannot be recorded still confirms', async () => {
    const confirms: Answer = (payload: { state: { range?: object } }) =>
      payload.state.range ? fail() : continuing(payload as never);
    const { status } = await runWith({ SendChunks: fail, ConfirmUpload: confirms });
    expect(status).toBe('SUCCEEDED');
  });

  it('records an unknown answer of SendChunks as the error of its range', async () => {
    const { callsOf } = await runWith({
      SendChunks: ({ state: { range } }: Sent) => ({ ...range, next: 'dance' }),
      ConfirmUpload: continuing,
    });
    const errors = callsOf('ConfirmUpload')
      .map(({ payload }) => (payload as { state: { error?: object } }).state.error)
      .filter(Boolean);
    expect(errors).toMatchObject([{ Error: 'UnexpectedError' }, { Error: 'UnexpectedError' }]);
  });

  it('fails with OutcomeNotRecordedError when its outcome cannot be recorded', async () => {
    const { status, error } = await runWith({ RecordOutcome: fail });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'OutcomeNotRecordedError' });
  });

  it('fails as a bug after an unknown answer of RecordOutcome', async () => {
    const { status, error, cause } = await runWith({ RecordOutcome: () => ({ next: 'dance' }) });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'UnexpectedError' });
    expect(cause).toContain('RecordOutcome failed: its answer has a next');
  });

  it('passes its input to RecordOutcome, also after a rejected start', async () => {
    const { callsOf } = await runWith({ InspectSource: fail, RecordOutcome: recordsFailure });
    const input = { bucket: 'films', key: 'film.mp4' };
    expect(callsOf('RecordOutcome').map(({ payload }) => payload)).toMatchObject([{ input }]);
  });

  it('retries a step only after an error of the retry class', async () => {
    const fails = (name: ErrorName) => () => {
      throw new TransferError(name, 'no answer');
    };
    const callsWith = async (AwaitAsset: () => never) =>
      (await runWith({ AwaitAsset, RecordOutcome: recordsFailure })).callsOf('AwaitAsset').length;
    expect(await callsWith(fails('NetworkError'))).toBe(1 + 5);
    expect(await callsWith(fails('TableUnavailableError'))).toBe(1 + 144);
    expect(await callsWith(fails('RowContendedError'))).toBe(1 + 144);
    expect(await callsWith(fail)).toBe(1);
  });

  it('returns to OpenSession when chunks are missing or the session expired', async () => {
    const verdicts = ['missing', 'expired', 'asset'];
    const { callsOf } = await runWith({
      ConfirmUpload: () => ({ next: verdicts.shift(), ...waiting }),
    });
    expect(callsOf('OpenSession')).toHaveLength(3);
  });

  it('calls a step again after each wait that it requests', async () => {
    const rest = ['wait', 'wait', 'ended'];
    const { callsOf } = await runWith({ AwaitAsset: () => ({ next: rest.shift(), ...waiting }) });
    expect(callsOf('AwaitAsset')).toHaveLength(3);
  });
});
