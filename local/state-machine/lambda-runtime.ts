import { randomUUID } from 'node:crypto';
import { createHandlerPool, type LambdaHandler } from './handler-pool.ts';
import { copyJson } from './json-payload.ts';
import { lambdaContext } from './lambda-context.ts';
import { crashError } from './lambda-errors.ts';
import { measurePayload } from './payload-limit.ts';
import type { RunEnding } from './run-ending.ts';
import type { LocalFunction } from './template.ts';

export type { LambdaHandler };

/** One call of a function by a state. */
export interface Invocation {
  readonly stateName: string;
  readonly functionName: string;
  /** Counts the calls of this function in this run, from 1. */
  readonly attempt: number;
  readonly payload: unknown;
}

/** A killed invocation: before the handler began, or after it was done but before it could answer. */
export interface Fault {
  readonly kind: 'crash-before' | 'crash-after';
  /** The error the state machine sees, such as `Lambda.Unknown` or `Runtime.ExitError`. */
  readonly error: string;
}

/** Says which invocations are killed. */
export type FaultPlan = (invocation: Invocation) => Fault | undefined;

/** How an invocation ended, as the state machine sees it. */
export interface InvocationRecord extends Invocation {
  readonly result?: unknown;
  readonly error?: Error | undefined;
}

export interface LambdaRuntimeOptions {
  /** Handlers by function name. */
  readonly handlers: Readonly<Record<string, LambdaHandler>>;
  readonly payloadBytes: number;
  readonly ending: RunEnding;
  readonly faults?: FaultPlan | undefined;
  readonly onInvocation?: ((record: InvocationRecord) => void) | undefined;
}

export interface LambdaRuntime {
  /**
   * Calls a handler as Lambda would: payload and result go through JSON, an error comes out named by
   * its type with `{errorType, errorMessage, trace}` as its message. After the function's timeout the
   * caller gets `Sandbox.Timedout`; the handler, which no one can kill in process, goes on unheard.
   * A payload or result over the limit ends the run past Retry and Catch, as the service does.
   */
  invoke(stateName: string, called: LocalFunction, arn: string, payload: unknown): Promise<unknown>;
  /** Resolves once no handler runs any more, those that nobody waits for included. */
  idle(): Promise<void>;
}

/** Makes the Lambda service of one run. */
export function createLambdaRuntime(options: LambdaRuntimeOptions): LambdaRuntime {
  const { ending, onInvocation } = options;
  const attempts = new Map<string, number>();
  const pool = createHandlerPool();

  async function invoke(stateName: string, called: LocalFunction, arn: string, payload: unknown) {
    const attempt = (attempts.get(called.name) ?? 0) + 1;
    attempts.set(called.name, attempt);
    const invocation = {
      stateName,
      functionName: called.name,
      attempt,
      payload: copyJson(payload),
    };
    const answer = ending.guard(() => answerTo(invocation, called, arn));
    const outcome = await answer.then(
      (result) => ({ result }),
      (error: Error) => ({ error }),
    );
    onInvocation?.({ ...invocation, ...outcome });
    return answer;
  }

  async function answerTo(invocation: Invocation, called: LocalFunction, arn: string) {
    measure(invocation.payload, `the payload of state ${invocation.stateName}`);
    if (ending.reason) return undefined;
    const requestId = randomUUID();
    const fault = options.faults?.(invocation);
    if (fault?.kind === 'crash-before') throw crashError(fault.error, requestId);
    const handler = options.handlers[called.name] as LambdaHandler;
    const context = lambdaContext(called, arn, requestId, Date.now);
    const answer = pool.run(handler, context, copyJson(invocation.payload));
    if (fault) {
      await answer.catch(() => {});
      throw crashError(fault.error, requestId);
    }
    measure(await answer, `the result of state ${invocation.stateName}`);
    return answer;
  }

  /** Where this ends the run, the guarded call is rejected and no answer of it is heard. */
  function measure(value: unknown, what: string): void {
    measurePayload(value, what, options.payloadBytes, ending);
  }

  return { invoke, idle: pool.idle };
}
