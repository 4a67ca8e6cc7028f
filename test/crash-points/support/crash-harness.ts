import type { LocalStateMachine } from '#local/state-machine/definition/definition.ts';
import type { StateMachineEvent } from '#local/state-machine/event-tally.ts';
import {
  type ExecutionHandle,
  type ExecutionOptions,
  startExecution,
} from '#local/state-machine/run.ts';
import type { CrcAlgorithm } from '#src/core/source/source-object.ts';
import { checksumOf, sampleBytes } from '../../doubles/memory/memory-source.ts';
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
import { reconciler } from '../../simulation/harness/sandbox.ts';
import type { Execution } from '../../simulation/load/executions.ts';
import type { Simulation } from '../../simulation/load/simulation.ts';
import { portsOf } from './crash-ports.ts';
import { type OnMoment, observedHandler, type Run, reportTransition } from './moments.ts';
import {
  addExecution,
  chunkSizeBytes,
  faultlessEnvironment,
  openObservedSimulation,
} from './observed.ts';

export const film = { bucket: 'films', key: 'reels/film.mp4' };

/** The object of a harness. */
export interface FilmTraits {
  readonly chunks: number;
  readonly checksum?: CrcAlgorithm | undefined;
  /** Ranges that are sent at once, and planned at most. Default: 2. */
  readonly rangesAtOnce?: number | undefined;
}

/** Options of one execution. */
export interface RunOptions extends Partial<Pick<ExecutionOptions, 'machine' | 'name' | 'input'>> {
  readonly onMoment?: OnMoment;
  readonly onEvent?: (event: StateMachineEvent) => void;
  /** The first start of a redriven execution. */
  readonly since?: FirstStart;
}

/** A started execution. */
export interface Started extends ExecutionHandle {
  /** Kills the state machine and every process of the execution. */
  killAll(): void;
}

/**
 * A harness for crash points: one film, the deployed handlers and state machine, in memory and in
 * virtual time. Open it in each test after `fakeTime()`, start executions with an `onMoment` callback,
 * and kill or pause them at a moment. End with `brokenPromises`, which runs the simulation's invariant
 * checks. The harness outlives every execution; all harnesses start with equal time and chance.
 */
export interface CrashHarness extends FilmTraits {
  /** The deployed state machine. */
  readonly machine: LocalStateMachine;
  /** The parts that the invariant checks read. */
  readonly simulation: Simulation;
  /** Requests in the order of the service. */
  readonly requests: readonly ParsedRequest[];
  /** Whether Step Functions reports every execution as unknown. */
  isDirectoryUnavailable: boolean;
  start(options?: RunOptions): Started;
  /** Calls the reconciler with the status event of an aborted execution. */
  reconcileAborted(ended: ExecutionHandle): Promise<unknown>;
  /** Calls the reconciler as its schedule does. */
  sweep(): Promise<unknown>;
}

/** Opens a harness with one film. All harnesses have the same start time and random numbers. */
export async function openCrashHarness(traits: FilmTraits): Promise<CrashHarness> {
  const { chunks, checksum, rangesAtOnce } = traits;
  restartTime();
  const machine = deployedMachine();
  const environment = faultlessEnvironment();
  const simulation = await openObservedSimulation(environment);
  await putFilm(simulation, { chunks, checksum });
  const requests: ParsedRequest[] = [];
  const runs = new Map<string, Run>();
  const runOf = (id = '') => runs.get(id);
  const processPool = openProcessPool(environment, (sandbox) =>
    portsOf(harness, requests, sandbox, runOf),
  );
  const handlers = Object.fromEntries(
    Object.entries(processPool.handlers).map(([name, handler]) => [
      name,
      observedHandler(name, handler, runOf),
    ]),
  );
  const reconcile = (event: object) => callFunction(machine, handlers, reconciler, event);
  const harness: CrashHarness = {
    chunks,
    checksum,
    rangesAtOnce,
    machine,
    simulation,
    requests,
    isDirectoryUnavailable: false,
    start({ onMoment = () => {}, since, ...options } = {}) {
      const run: Run = { onMoment, effects: [], isDead: false };
      const runHandlers = since ? handlersSince(handlers, since) : handlers;
      const handle = startObserved({ machine, handlers: runHandlers, ...options }, run, simulation);
      runs.set(handle.executionArn, run);
      const killAll = () => {
        run.isDead = true;
        handle.kill();
        processPool.killAll(handle.executionArn);
      };
      return { ...handle, killAll };
    },
    reconcileAborted: async (ended) => reconcile(abortionOf(simulation, ended)),
    sweep: async () => reconcile({ source: 'aws.events' }),
  };
  return harness;
}

async function putFilm({ objects }: Simulation, { chunks, checksum }: FilmTraits): Promise<void> {
  const bytes = sampleBytes(chunks * chunkSizeBytes - 10);
  objects.put(film, bytes, { checksum: checksum && (await checksumOf(checksum, bytes)) });
}

type StartOptions = Pick<ExecutionOptions, 'machine' | 'handlers'> & Omit<RunOptions, 'onMoment'>;

/** Starts an execution. Its state transitions are effects of its run. */
export function startObserved(
  { onEvent, ...options }: StartOptions,
  run: Run,
  simulation: Simulation,
): ExecutionHandle {
  const input = options.input ?? film;
  const onStateEvent = (event: StateMachineEvent) => {
    simulation.captured.history.push(event);
    onEvent?.(event);
    reportTransition(run, event);
  };
  const handle = startExecution({ ...options, input, onEvent: onStateEvent });
  addExecution(simulation, handle, input);
  return handle;
}

/** Returns the status event of an aborted execution. Its end counts as reconciled from now on. */
export function abortionOf(
  { executions }: Simulation,
  { executionArn }: Pick<ExecutionHandle, 'executionArn'>,
): object {
  const execution = executions.all.get(executionArn) as Execution;
  execution.isEndReconciled = true;
  const { input, startedAt } = execution;
  const fields = { input: JSON.stringify(input), startDate: startedAt };
  return statusEvent(executionArn, 'ABORTED', fields);
}
