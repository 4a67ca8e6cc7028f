import { describe, expect, it } from 'vitest';
import type { InvocationRecord } from '#local/state-machine/lambda/lambda-runtime.ts';
import { runExecution } from '#local/state-machine/run.ts';
import { type ErrorName, errorCatalogue, TransferError } from '#src/core/errors/errors.ts';
import type { StepName } from '#src/core/stack/step-names.ts';
import { machine } from '../deployed.ts';

type Answer = (payload: never) => unknown;

const waiting = { waitSeconds: 0 };

/** The state of one range. */
interface Sent {
  readonly state: { readonly range: { readonly n: number } };
}

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
  SendChunks: ({ state: { range } }: Sent) => ({ ...range, next: 'sent', ...waiting }),
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
      ...['SendChunks', 'SendChunks'],
      ...['ConfirmUpload', 'AwaitAsset', 'RecordOutcome'],
    ]);
  });

  it('starts queued transfers only if some wait, and continues to its asset if that fails', async () => {
    const queued = { ConfirmUpload: () => ({ next: 'dispatch', ...waiting }) };
    const { status, callsOf } = await run({ ...queued, Dispatch: fail });
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
    const { callsOf } = await run({ InspectSource: passes }, input);
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
    const { status, callsOf, entered } = await run({
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
    const { status, callsOf } = await run({ SendChunks: fail, ConfirmUpload: confirms });
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
    const { status } = await run({ SendChunks: fail, ConfirmUpload: confirms });
    expect(status).toBe('SUCCEEDED');
  });

  it('records an unknown answer of SendChunks as the error of its range', async () => {
    const { callsOf } = await run({
      SendChunks: ({ state: { range } }: Sent) => ({ ...range, next: 'dance' }),
      ConfirmUpload: continuing,
    });
    const errors = callsOf('ConfirmUpload')
      .map(({ payload }) => (payload as { state: { error?: object } }).state.error)
      .filter(Boolean);
    expect(errors).toMatchObject([{ Error: 'UnexpectedError' }, { Error: 'UnexpectedError' }]);
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
