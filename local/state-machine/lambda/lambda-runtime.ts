import { randomUUID } from 'node:crypto';
import type { LocalFunction } from '#local/state-machine/definition/template.ts';
import { createHandlerPool, type LambdaHandler } from './handler-pool.ts';
import { copyJson } from './json-payload.ts';
import { lambdaContext } from './lambda-context.ts';
import { crashError } from './lambda-errors.ts';
import { measurePayload } from './payload-limit.ts';
import type { RunEnding } from './run-ending.ts';

export type { LambdaHandler };

/** One invocation of a function by a state. */
export interface Invocation {
  readonly stateName: string;
  readonly functionName: string;
  /** Number of this invocation among those of the function in this run, from 1. */
  readonly attempt: number;
  readonly payload: unknown;
}

/** A killed invocation: before the handler starts, or after it ends but before its answer. */
export interface Fault {
  readonly kind: 'crash-before' | 'crash-after';
  /** The error for the state machine, such as `Lambda.Unknown` or `Runtime.ExitError`. */
  readonly error: string;
}

/** Decides which invocations are killed. */
export type FaultPlan = (invocation: Invocation) => Fault | undefined;

/** An ended invocation, with the result or error that the state machine receives. */
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
   * Calls a handler as Lambda does. Payload and result go through JSON. An error has its type as name
   * and `{errorType, errorMessage, trace}` as message. After the function's timeout, the caller gets
   * `Sandbox.Timedout`, and the handler continues: it cannot be stopped in this process. A payload or
   * result above the limit ends the run without Retry and Catch, as in the service.
   */
  invoke(stateName: string, called: LocalFunction, arn: string, payload: unknown): Promise<unknown>;
  /** Resolves when no handler runs, including handlers whose caller has ended. */
  idle(): Promise<void>;
}

/** Creates the Lambda service of one run. */
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
    measure(invocation.payload, `The payload of state ${invocation.stateName}`);
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
    measure(await answer, `The result of state ${invocation.stateName}`);
    return answer;
  }

  /** Ends the run above the limit. The guarded call is then rejected and its answer ignored. */
  function measure(value: unknown, what: string): void {
    measurePayload(value, what, options.payloadBytes, ending);
  }

  return { invoke, idle: pool.idle };
}
