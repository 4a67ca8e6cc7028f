import type { Context } from 'aws-lambda';
import { copyJson } from './json-payload.ts';
import { handlerError, timedOutError } from './lambda-errors.ts';

/** A Lambda handler. The event type is `never` to allow handlers with any event type. */
export type LambdaHandler = (event: never, context: Context) => unknown;

/** The running handlers. */
export interface HandlerPool {
  /** Runs a handler. Returns its answer as JSON. Throws its error as Lambda reports it, or `Sandbox.Timedout`. */
  run(handler: LambdaHandler, context: Context, payload: unknown): Promise<unknown>;
  /** Resolves when no handler runs, including handlers whose caller has ended. */
  idle(): Promise<void>;
}

/** Creates an empty pool. */
export function createHandlerPool(): HandlerPool {
  const running = new Set<Promise<unknown>>();
  return {
    run(handler, context, payload) {
      const work = answerOf(() => handler(payload as never, context));
      running.add(work);
      work.catch(() => {}).finally(() => running.delete(work));
      return beforeTimeout(work, context);
    },
    async idle() {
      await Promise.allSettled(running);
    },
  };
}

async function answerOf(handle: () => unknown): Promise<unknown> {
  try {
    return copyJson(await handle());
  } catch (error) {
    throw handlerError(error);
  }
}

function beforeTimeout<T>(work: Promise<T>, context: Context): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const ms = context.getRemainingTimeInMillis();
  const timer = setTimeout(() => reject(timedOutError(context.awsRequestId, ms / 1000)), ms);
  // The interpreter's own, longer timer keeps the process alive during a run.
  timer.unref();
  work.then(resolve, reject).finally(() => clearTimeout(timer));
  return promise;
}
