import { createContainer } from '#functions/runtime/container.ts';
import { createHandlers } from '#local/handlers.ts';
import type { LambdaHandler } from '#local/state-machine/lambda/lambda-runtime.ts';
import {
  type ExecutionHandle,
  type ExecutionResult,
  startExecution,
} from '#local/state-machine/run.ts';
import type { FunctionName } from '#src/core/shared-with-infra/step-names.ts';
import type { Ports } from '#src/step-support/step.ts';
import type { ManualClock } from './clock.ts';
import { deployedMachine } from './machine.ts';
import type { TestExecutions } from './recorded-ports.ts';

/** The payload of a step. */
interface Payload {
  // biome-ignore lint/suspicious/noExplicitAny: a state is any JSON, as in the state machine.
  readonly state: any;
  readonly executionId: string;
}

export interface RunOptions {
  /** The id that the steps receive. Default: `execution-a`. */
  readonly executionId?: string;
  /**
   * Called before each call of a step with its payload. An error becomes the error of that call. `kill`
   * ends the execution; the call does not happen.
   */
  readonly onCall?: (
    step: FunctionName,
    payload: Payload,
    kill: () => void,
  ) => void | Promise<void>;
}

/** The result of an execution; its output is empty unless it succeeded. */
export interface TransferResult extends ExecutionResult {
  readonly output: Readonly<Record<string, unknown>>;
}

/** Dependencies of a run: the ports of the functions, and their doubles. */
interface RunContext {
  readonly ports: Partial<Ports>;
  readonly clock: ManualClock;
  readonly executions: TestExecutions;
}

/** How many times faster the interpreter's own retry delays pass. Wait states move the clock instead. */
const timeFactor = 10_000;

/**
 * Runs one execution of the deployed state machine over ports in memory: the interpreter of the local
 * run with the deployed handlers. Wait states move the manual clock. Resolves after the last function
 * call has ended, also after a kill.
 */
export async function runTransfer(
  { ports, clock, executions }: RunContext,
  input: unknown,
  { executionId = 'execution-a', onCall }: RunOptions = {},
): Promise<TransferResult> {
  let handle: ExecutionHandle | undefined;
  const startedAt = new Date(clock.now()).toISOString();
  const handlers = Object.entries(createHandlers(createContainer({}, ports))).map(
    ([name, handler]): [string, LambdaHandler] => [
      name,
      async (called: Payload, context) => {
        const payload: Payload = { ...called, executionId, ...{ startedAt } };
        await onCall?.(name as FunctionName, payload, () => handle?.kill());
        if (handle?.status() === 'ABORTED') throw new Error('the execution is killed');
        return handler(payload as never, context);
      },
    ],
  );
  executions.states.set(executionId, 'running');
  handle = startExecution({
    machine: deployedMachine(),
    handlers: Object.fromEntries(handlers),
    input,
    timeFactor,
    sleep: (ms) => clock.sleep(ms),
  });
  const result = await handle.result;
  await handle.idle();
  executions.states.set(executionId, 'ended');
  return { ...result, output: (result.output ?? {}) as TransferResult['output'] };
}
