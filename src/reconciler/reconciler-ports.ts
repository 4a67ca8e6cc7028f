import type { ExecutionDirectory, ExecutionEnd } from '#src/core/ports/executions.ts';
import type { Needs } from '#src/step-support/step.ts';

/** The end of an execution that no longer runs. */
export type FinishedExecution = ExecutionEnd & {
  readonly status: Exclude<ExecutionEnd['status'], 'running'>;
};

/** Returns the end of an execution, or undefined while it runs. */
export function finishedExecution(end: ExecutionEnd): FinishedExecution | undefined {
  const { status } = end;
  return status === 'running' ? undefined : { ...end, status };
}

/** The ports of the reconciler. */
export type ReconcilerPorts = Needs<'store' | 'queue' | 'events' | 'destination'> & {
  readonly executions: Pick<ExecutionDirectory, 'endOf'>;
};

/** The counts of a sweep, by name. */
export type SweepCounts = Readonly<Record<string, number>>;
