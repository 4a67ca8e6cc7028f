import type { StepName } from './step-names.ts';

/**
 * The answers that each step may return as `next`. The step's return type and the Choice state behind
 * the step use the same list.
 */
export const nextAnswers = {
  InspectSource: ['wait', 'open', 'preflight', 'ended'],
  OpenSession: ['wait', 'send', 'confirm', 'ended'],
  SendChunks: ['more', 'wait', 'sent', 'stop'],
  ConfirmUpload: ['wait', 'continue', 'missing', 'expired', 'asset', 'dispatch', 'ended'],
  AwaitAsset: ['wait', 'ended'],
  RecordOutcome: ['succeed', 'fail'],
} as const satisfies Readonly<Record<StepName, readonly [string, ...string[]]>>;

/** The answers of one step. */
export type NextAnswer<Step extends StepName> = (typeof nextAnswers)[Step][number];

export type InspectSourceAnswer = NextAnswer<'InspectSource'>;
export type OpenSessionAnswer = NextAnswer<'OpenSession'>;
export type SendChunksAnswer = NextAnswer<'SendChunks'>;
export type ConfirmUploadAnswer = NextAnswer<'ConfirmUpload'>;
export type AwaitAssetAnswer = NextAnswer<'AwaitAsset'>;
export type RecordOutcomeAnswer = NextAnswer<'RecordOutcome'>;

/** What a step returns: an object with one of the step's answers. */
export interface StepResult<Step extends StepName> {
  readonly next: NextAnswer<Step>;
}
