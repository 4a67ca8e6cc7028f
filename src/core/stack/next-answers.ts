import type { StepName } from './step-names.ts';

/**
 * The answers that each step may return as `next`. The step's return type and the Choice state behind
 * the step use the same list. ReportProofs gives no answer: its range ends after it.
 */
export const nextAnswers = {
  InspectSource: ['wait', 'open', 'preflight', 'ended'],
  OpenSession: ['wait', 'send', 'confirm', 'ended'],
  SendChunks: ['more', 'wait', 'sent', 'stop'],
  ConfirmUpload: ['wait', 'missing', 'expired', 'asset', 'ended'],
  AwaitAsset: ['wait', 'ended'],
  RecordOutcome: ['succeed', 'fail'],
} as const satisfies Readonly<
  Record<Exclude<StepName, 'ReportProofs'>, readonly [string, ...string[]]>
>;

/** The steps whose answer decides which state follows. */
export type AnsweringStep = keyof typeof nextAnswers;

/** The answers of one step. */
export type NextAnswer<Step extends AnsweringStep> = (typeof nextAnswers)[Step][number];

export type InspectSourceAnswer = NextAnswer<'InspectSource'>;
export type OpenSessionAnswer = NextAnswer<'OpenSession'>;
export type SendChunksAnswer = NextAnswer<'SendChunks'>;
export type ConfirmUploadAnswer = NextAnswer<'ConfirmUpload'>;
export type AwaitAssetAnswer = NextAnswer<'AwaitAsset'>;
export type RecordOutcomeAnswer = NextAnswer<'RecordOutcome'>;

/** What a step returns: an object with one of the step's answers, or any value from ReportProofs. */
export type StepResult<Step extends StepName> = Step extends AnsweringStep
  ? { readonly next: NextAnswer<Step> }
  : unknown;
