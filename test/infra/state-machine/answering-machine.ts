import type * as z from 'zod/mini';
import type { InvocationRecord } from '#local/state-machine/lambda/lambda-runtime.ts';
import { runExecution } from '#local/state-machine/run.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { StepName } from '#src/core/shared-with-infra/step-names.ts';
import { readFailure } from '#src/outcome/failure.ts';
import { type endedSchema, errorThatEnded } from '#src/step-support/state.ts';
import { machine } from '../deployed.ts';

export type Answer = (payload: never) => unknown;

export const waiting = { waitSeconds: 0 };

/** The state of one range. */
export interface Sent {
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
  readonly state: z.infer<typeof endedSchema>;
}

/** Returns the error in the state as the execution's error, as RecordOutcome does. */
export const recordsFailure: Answer = ({ state }: Failed) => ({
  next: 'fail',
  output: {},
  ...readFailure(errorThatEnded(state) ?? { Error: 'no error', Cause: '' }),
});

/** Runs the definition over these answers. Returns its end, and the calls in the order of their ends. */
export async function runWith(
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

/** Ends a call with a final error. */
export const fail = () => {
  throw new TransferError('SourceNotFoundError', 'no such object');
};
