import { handler as awaitAsset } from '#functions/await-asset/handler.ts';
import { handler as confirmUpload } from '#functions/confirm-upload/handler.ts';
import { handler as dispatch } from '#functions/dispatch/handler.ts';
import { handler as inspectSource } from '#functions/inspect-source/handler.ts';
import { handler as openSession } from '#functions/open-session/handler.ts';
import { handler as reconcile } from '#functions/reconcile/handler.ts';
import { handler as recordOutcome } from '#functions/record-outcome/handler.ts';
import { handler as reportProofs } from '#functions/report-proofs/handler.ts';
import { handler as sendChunks } from '#functions/send-chunks/handler.ts';
import type { FunctionName } from '#src/core/stack/step-names.ts';
import type { LambdaHandler } from './state-machine/lambda-runtime.ts';

/** The handlers that deploy. */
export const handlers: Readonly<Record<FunctionName, LambdaHandler>> = {
  InspectSource: inspectSource,
  OpenSession: openSession,
  SendChunks: sendChunks,
  ReportProofs: reportProofs,
  ConfirmUpload: confirmUpload,
  AwaitAsset: awaitAsset,
  RecordOutcome: recordOutcome,
  Reconcile: reconcile,
  Dispatch: dispatch,
};
