import { describe, expect, it } from 'vitest';
import type { InvocationRecord } from '#local/state-machine/lambda/lambda-runtime.ts';
import { runExecution } from '#local/state-machine/run.ts';
import { type ErrorName, errorCatalogue, TransferError } from '#src/core/errors/errors.ts';
import type { StepName } from '#src/core/stack/step-names.ts';
import { machine } from '../deployed.ts';

type Answer = (payload: never) => unknown;

const waiting = { waitSeconds: 0 };

/** Answers of a transfer without failures, with two ranges to send. */
const smooth: Record<StepName | 'Reconcile' | 'Dispatch', Answer> = {
  InspectSource: () => ({ next: 'open', ...waiting }),
  OpenSession: () => ({
    next: 'send',
    ...waiting,
    transferId: 't',
    bucket: 'films',
    key: 'a.mp4',
    fence: 1,
    sessionNumber: 1,
    round: 1,
    rangesAtOnce: 1,
    proven: 0,
    ranges: [
      { n: 1, first: 1, last: 50 },
      { n: 2, first: 51, last: 60 },
    ],
  }),
  SendChunks: () => ({ next: 'sent', ...waiting }),
  ReportProofs: () => ({}),
  ConfirmUpload: () => ({ next: 'asset', ...waiting }),
  AwaitAsset: () => ({ next: 'ended', ...waiting }),
  RecordOutcome: () => ({ next: 'succeed', output: { assetId: 'a' } }),
  Reconcile: () => ({}),
  Dispatch: () => ({}),
};

interface Failed {
  readonly state: { readonly error: { readonly Error: string; readonly Cause: string } };
}

/** Returns the error in the state as the execution's error, as RecordOutcome does. */
const recordsFailure: Answer = ({ state: { error } }: Failed) => ({
  next: 'fail',
  output: {},
  error: error.Error,
  cause: error.Cause,
});

/** Runs the definition over these answers. Returns its end, and the calls in the order of their ends. */
async function run(
  answers: Partial<typeof smooth>,
  input: unknown = { bucket: 'films', key: 'film.mp4' },
) {
  const calls: InvocationRecord[] = [];
  const result = await runExecution({
    machine,
    handlers: { ...smooth, ...answers },
    input,
    timeFactor: 1e6,
    onInvocation: (call) => calls.push(call),
  });
  const callsOf = (step: keyof typeof smooth) =>
    calls.filter(({ functionName }) => functionName === step);
  return { ...result, calls, callsOf };
}

const fail = () => {
  throw new TransferError('SourceNotFoundError', 'no such object');
};

describe('an execution', () => {
  it('without failures calls each step once, and the Map once for each range', async () => {
    const { status, output, calls } = await run({});
    expect({ status, output }).toEqual({ status: 'SUCCEEDED', output: { assetId: 'a' } });
    expect(calls.map(({ functionName }) => functionName)).toEqual([
      'InspectSource',
      'OpenSession',
      ...['SendChunks', 'ReportProofs', 'SendChunks', 'ReportProofs'],
      ...['ConfirmUpload', 'Dispatch', 'AwaitAsset', 'RecordOutcome'],
    ]);
  });

  it('continues to its asset when queued transfers cannot be started', async () => {
    const { status, callsOf } = await run({ Dispatch: fail });
    expect(status).toBe('SUCCEEDED');
    expect(callsOf('AwaitAsset').map(({ payload }) => payload)).toMatchObject([
      { state: { next: 'asset' } },
    ]);
  });

  it('from the dispatcher starts at OpenSession', async () => {
    const dispatched = { transferId: 't', fence: 1 };
    const { calls, callsOf } = await run({}, { dispatched, bucket: 'films', key: 'film.mp4' });
    expect(calls[0]?.functionName).toBe('OpenSession');
    expect(callsOf('OpenSession')).toMatchObject([{ payload: { state: { dispatched } } }]);
  });

  it('that queues its transfer ends without calling the dispatcher', async () => {
    const { status, calls } = await run({ OpenSession: () => ({ next: 'ended', ...waiting }) });
    expect(status).toBe('SUCCEEDED');
    expect(calls.map(({ functionName }) => functionName)).toEqual([
      'InspectSource',
      'OpenSession',
      'RecordOutcome',
    ]);
  });

  const outer = ['InspectSource', 'OpenSession', 'ConfirmUpload', 'AwaitAsset'] as const;

  it.each(outer)('records a failed %s and fails with its error name', async (step) => {
    const { status, error, callsOf } = await run({ [step]: fail, RecordOutcome: recordsFailure });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'SourceNotFoundError' });
    expect(callsOf('RecordOutcome')).toHaveLength(1);
  });

  it.each(['OpenSession', 'ConfirmUpload', 'AwaitAsset'] as const)(
    'whose %s gives an answer that no state knows fails as a bug',
    async (step) => {
      const { status, error } = await run({
        [step]: () => ({ next: 'dance' }),
        RecordOutcome: recordsFailure,
      });
      expect({ status, error }).toEqual({ status: 'FAILED', error: 'UnexpectedError' });
    },
  );

  it.each(['SendChunks', 'ReportProofs'] as const)(
    'whose %s fails in every range still sends the others and confirms',
    async (step) => {
      const { status, callsOf } = await run({ [step]: fail });
      expect(status).toBe('SUCCEEDED');
      expect(callsOf('ReportProofs')).toHaveLength(2);
      expect(callsOf('ConfirmUpload')).toHaveLength(1);
    },
  );

  it('passes an unknown answer of SendChunks to ReportProofs', async () => {
    const { callsOf } = await run({ SendChunks: () => ({ next: 'dance' }) });
    const reported = { state: { error: { Error: 'UnexpectedError' } } };
    expect(callsOf('ReportProofs').map(({ payload }) => payload)).toMatchObject([
      reported,
      reported,
    ]);
  });

  it('fails with OutcomeNotRecordedError when its outcome cannot be recorded', async () => {
    const { status, error } = await run({ RecordOutcome: fail });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'OutcomeNotRecordedError' });
  });

  it('fails as a bug after an unknown answer of RecordOutcome', async () => {
    const { status, error } = await run({ RecordOutcome: () => ({ next: 'dance' }) });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'UnexpectedError' });
  });

  it('passes its input to RecordOutcome, also after a rejected start', async () => {
    const { callsOf } = await run({ InspectSource: fail, RecordOutcome: recordsFailure });
    const input = { bucket: 'films', key: 'film.mp4' };
    expect(callsOf('RecordOutcome').map(({ payload }) => payload)).toMatchObject([{ input }]);
  });

  it('retries a step only after an error of the retry class', async () => {
    const fails = (name: ErrorName) => () => {
      throw new TransferError(name, 'no answer');
    };
    const callsWith = async (AwaitAsset: () => never) =>
      (await run({ AwaitAsset, RecordOutcome: recordsFailure })).callsOf('AwaitAsset').length;
    expect(await callsWith(fails('NetworkError'))).toBe(1 + 5);
    expect(await callsWith(fails('TableUnavailableError'))).toBe(1 + 144);
    expect(await callsWith(fail)).toBe(1);
  });

  it('returns to OpenSession when chunks are missing or the session expired', async () => {
    const verdicts = ['missing', 'expired', 'asset'];
    const { callsOf } = await run({
      ConfirmUpload: () => ({ next: verdicts.shift(), ...waiting }),
    });
    expect(callsOf('OpenSession')).toHaveLength(3);
  });

  it('calls a step again after each wait that it requests', async () => {
    const rest = ['wait', 'wait', 'ended'];
    const { callsOf } = await run({ AwaitAsset: () => ({ next: rest.shift(), ...waiting }) });
    expect(callsOf('AwaitAsset')).toHaveLength(3);
  });
});

describe('an execution whose failure cannot be recorded', () => {
  const unable = () => {
    throw new TransferError('ConfigurationError', 'no table');
  };
  /** Runs an execution that ends with this error of Lambda or the platform. */
  const endedBy = (Cause: string | undefined, name = 'SourceNotFoundError') =>
    run({
      RecordOutcome: unable,
      InspectSource: () => ({ next: 'ended', ...waiting, error: { Error: name, Cause } }),
    });
  const unrecorded = `The outcome could not be recorded. ${errorCatalogue.OutcomeNotRecordedError.nextStep}`;

  it('fails with the first error name, and its message instead of Lambda’s JSON', async () => {
    const { status, error, cause } = await run({ AwaitAsset: fail, RecordOutcome: unable });
    expect({ status, error, cause }).toEqual({
      status: 'FAILED',
      error: 'SourceNotFoundError',
      cause: `no such object. ${unrecorded}`,
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
    expect({ error, cause }).toEqual({ error: 'States.Timeout', cause: unrecorded });
  });
});
