import { assumeValid } from '#local/state-machine/definition/valid-definitions.ts';
import type { LambdaHandler } from '#local/state-machine/lambda/lambda-runtime.ts';
import { type ExecutionOptions, startExecution } from '#local/state-machine/run.ts';
import { machineOf, task } from './machines.ts';

type Machine = ExecutionOptions['machine'];

/** Starts a machine whose function is `handler`. Its definition is not validated, which takes 0.2 s. */
export function start(
  machine: Machine,
  handler: LambdaHandler,
  more: Partial<ExecutionOptions> = {},
) {
  assumeValid(machine.definition);
  return startExecution({ machine, handlers: { Work: handler }, input: {}, ...more });
}

/** Runs a machine whose function is `handler`, and waits for its end. */
export function run(
  machine: Machine,
  handler: LambdaHandler,
  more: Partial<ExecutionOptions> = {},
) {
  return start(machine, handler, more).result;
}

/** Returns a handler that throws one error for each name, then returns `done`. */
export function failing(...names: string[]): LambdaHandler {
  return () => {
    const name = names.shift();
    if (name) throw Object.assign(new Error('Simulated failure'), { name });
    return 'done';
  };
}

/** Returns a machine with one Task that retries the error `Flaky`. */
export function retrying(fields: Record<string, unknown> = {}): Machine {
  return machineOf({
    T: task({ Retry: [{ ErrorEquals: ['Flaky'], IntervalSeconds: 1, ...fields }], End: true }),
  });
}
