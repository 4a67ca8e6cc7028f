import { createHandler as awaitAsset } from '#functions/await-asset/handler.ts';
import { createHandler as confirmUpload } from '#functions/confirm-upload/handler.ts';
import { createHandler as dispatch } from '#functions/dispatch/handler.ts';
import { createHandler as inspectSource } from '#functions/inspect-source/handler.ts';
import { createHandler as openSession } from '#functions/open-session/handler.ts';
import { createHandler as reconcile } from '#functions/reconcile/handler.ts';
import { createHandler as recordOutcome } from '#functions/record-outcome/handler.ts';
import type { Container } from '#functions/runtime/container.ts';
import type { HandlerFactory } from '#functions/runtime/handler.ts';
import { createHandler as sendChunks } from '#functions/send-chunks/handler.ts';
import type { LambdaHandler } from '#local/state-machine/lambda/lambda-runtime.ts';
import type { FunctionName } from '#src/core/shared-with-infra/step-names.ts';

/** What the handlers of the deployed functions are created by. */
const factories: Readonly<Record<FunctionName, HandlerFactory<unknown>>> = {
  InspectSource: inspectSource,
  OpenSession: openSession,
  SendChunks: sendChunks,
  ConfirmUpload: confirmUpload,
  AwaitAsset: awaitAsset,
  RecordOutcome: recordOutcome,
  Reconcile: reconcile,
  Dispatch: dispatch,
};

/** The handlers of all functions. */
export type Handlers = Readonly<Record<FunctionName, LambdaHandler>>;

/** Creates the handler of one function. */
export function createHandler(name: FunctionName, container: Container): LambdaHandler {
  return factories[name](container);
}

/** Creates the handlers of all functions over one container, as if one sandbox ran them all. */
export function createHandlers(container: Container): Handlers {
  const created = Object.entries(factories).map(([name, create]) => [name, create(container)]);
  return Object.fromEntries(created) as Handlers;
}
