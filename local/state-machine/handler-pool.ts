import type { Context } from 'aws-lambda';
import { copyJson } from './json-payload.ts';
import { handlerError, timedOutError } from './lambda-errors.ts';

/** A Lambda handler; `never` lets each handler name the type of its own event. */
export type LambdaHandler = (event: never, context: Context) => unknown;

/** Handlers at work. */
export interface HandlerPool {
  /** The handler's answer as JSON, its error as Lambda reports it, or `Sandbox.Timedout` in time. */
  run(handler: LambdaHandler, context: Context, payload: unknown): Promise<unknown>;
  /** Resolves once no handler runs any more, those that nobody waits for included. */
  idle(): Promise<void>;
}

/** Makes an empty pool. */
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
  // The interpreter's own timer, which is longer, keeps the process up while a run waits for this.
  timer.unref();
  work.then(resolve, reject).finally(() => clearTimeout(timer));
  return promise;
}
