import type { LocalStateMachine } from '#local/state-machine/definition/definition.ts';
import type { StateMachineEvent } from '#local/state-machine/event-tally.ts';
import {
  type ExecutionHandle,
  type ExecutionOptions,
  startExecution,
} from '#local/state-machine/run.ts';
import { restartTime } from '../../harness/clock.ts';
import {
  callFunction,
  deployedMachine,
  type FirstStart,
  handlersSince,
  statusEvent,
} from '../../harness/machine.ts';
import type { ParsedRequest } from '../../simulation/faults/faulty-transport.ts';
import { openProcessPool } from '../../simulation/harness/process-pool.ts';
import { type dispatcher, reconciler } from '../../simulation/harness/sandbox.ts';
import type { Execution } from '../../simulation/load/executions.ts';
import { type PortContext, portsOf } from './crash-ports.ts';
import { observedHandler, type Run, type RunOf, reportTransition } from './moments.ts';
import { addExecution, faultlessEnvironment, openObservedSimulation } from './observed.ts';

/** Options of one execution. */
export interface ObservedStart extends Partial<Pick<ExecutionOptions, 'machine' | 'name'>> {
  readonly input: unknown;
  readonly onEvent?: ((event: StateMachineEvent) => void) | undefined;
  /** The first start of a redriven execution. */
  readonly since?: FirstStart | undefined;
}

/**
 * The base of the crash harnesses: the deployed handlers and state machine, in memory and in virtual
 * time. Each call of a port, each request and each transition is an effect of a run, which observes its
 * moments. `openCrashHarness` adds one film, `openQueueCrashHarness` two films for one slot.
 */
export interface ObservedPipeline extends PortContext {
  /** The deployed state machine. */
  readonly machine: LocalStateMachine;
  /** Requests in the order of the service. */
  readonly requests: readonly ParsedRequest[];
  /** Whether Step Functions reports every execution as unknown. */
  isDirectoryUnavailable: boolean;
  /** Starts an execution. Its state transitions are effects of the run. */
  startRun(run: Run, options: ObservedStart): ExecutionHandle;
  /** Calls a function that belongs to no execution. */
  call(name: typeof dispatcher | typeof reconciler, event: object): Promise<unknown>;
  /** Calls the reconciler with the status event of an aborted execution. */
  reconcileAborted(ended: Pick<ExecutionHandle, 'executionArn'>): Promise<unknown>;
  /** Kills every process of an execution. */
  killProcesses(executionId: string): void;
}

/**
 * Opens a pipeline. All pipelines have the same start time and random numbers.
 * @param runOf - returns the run of an execution and a function; undefined: nothing is observed
 */
export async function openObservedPipeline(
  options: Pick<PortContext, 'slots' | 'rangesAtOnce' | 'starter' | 'fault'>,
  runOf: (executionId: string | undefined, functionName: string) => Run | undefined,
): Promise<ObservedPipeline> {
  restartTime();
  const machine = deployedMachine();
  const environment = faultlessEnvironment();
  const simulation = await openObservedSimulation(environment);
  const requests: ParsedRequest[] = [];
  const runOfFunction =
    (name: string): RunOf =>
    (executionId) =>
      runOf(executionId, name);
  const processPool = openProcessPool(environment, (sandbox) =>
    portsOf(pipeline, requests, sandbox, runOfFunction(sandbox.functionName)),
  );
  const handlers = Object.fromEntries(
    Object.entries(processPool.handlers).map(([name, handler]) => [
      name,
      observedHandler(name, handler, runOfFunction(name)),
    ]),
  );
  const call: ObservedPipeline['call'] = (name, event) =>
    callFunction(machine, handlers, name, event);
  const pipeline: ObservedPipeline = {
    ...options,
    ...{ machine, simulation, requests, call },
    isDirectoryUnavailable: false,
    startRun(run, { since, onEvent, ...started }) {
      const handle = startExecution({
        machine,
        handlers: since ? handlersSince(handlers, since) : handlers,
        ...started,
        onEvent(event) {
          simulation.captured.history.push(event);
          onEvent?.(event);
          reportTransition(run, event);
        },
      });
      addExecution(simulation, handle, started.input);
      return handle;
    },
    async reconcileAborted({ executionArn }) {
      const execution = simulation.executions.all.get(executionArn) as Execution;
      return call(reconciler, abortionOf(execution));
    },
    killProcesses: (executionId) => processPool.killAll(executionId),
  };
  return pipeline;
}

/** Returns the status event of an aborted execution. Its end counts as reconciled from now on. */
function abortionOf(execution: Execution): object {
  execution.isEndReconciled = true;
  const { id, input, startedAt } = execution;
  return statusEvent(id, 'ABORTED', { input: JSON.stringify(input), startDate: startedAt });
}
