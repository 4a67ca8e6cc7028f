import type { LocalStateMachine } from '#local/state-machine/definition.ts';
import type { StateMachineEvent } from '#local/state-machine/event-tally.ts';
import { lambdaContext } from '#local/state-machine/lambda-context.ts';
import type { LambdaHandler } from '#local/state-machine/lambda-runtime.ts';
import {
  type ExecutionHandle,
  type ExecutionOptions,
  startExecution,
} from '#local/state-machine/run.ts';
import type { LocalFunction } from '#local/state-machine/template.ts';
import type { CrcAlgorithm } from '#src/core/source/source-object.ts';
import { checksumOf, sampleBytes } from '../../doubles/memory/memory-source.ts';
import type { Execution } from '../../simulation/load/executions.ts';
import type { Asked } from '../../simulation/faults/faulty-transport.ts';
import { openFleet } from '../../harness/process-pool.ts';
import { type FirstStart, handlersSince } from '../../harness/redriven-machine.ts';
import { warmUp } from '../../simulation/run-seed.ts';
import { reconciler } from '../../harness/sandbox.ts';
import type { World } from '../../simulation/load/simulation.ts';
import { statusChange } from '../../steps/settle-stage.ts';
import { portsOf } from './crash-ports.ts';
import { restartTime } from '../../harness/fake-time.ts';
import { calmSurroundings, chunkSizeBytes, openJudged, record } from './observed.ts';
import { type Meet, meetTransition, metHandler, type Run } from './moments.ts';

export const film = { bucket: 'films', key: 'reels/film.mp4' };

/** What a world is about: one object. */
export interface FilmTraits {
  readonly chunks: number;
  readonly checksum?: CrcAlgorithm | undefined;
}

/** How an execution is started, where it is not as usual. */
export interface Story extends Partial<Pick<ExecutionOptions, 'machine' | 'name' | 'input'>> {
  readonly meet?: Meet;
  readonly onEvent?: (event: StateMachineEvent) => void;
  /** Of a redrive: the execution's own start. */
  readonly since?: FirstStart;
}

/** An execution that was started. */
export interface Started extends ExecutionHandle {
  /** Ends all of it where it is: the state machine, and every process that works for it. */
  killAll(): void;
}

/** Everything around one transfer, in memory and in faked time; it outlives every execution. */
export interface CrashWorld extends FilmTraits {
  /** As it is synthesized. */
  readonly machine: LocalStateMachine;
  /** What the simulation's judges look at. */
  readonly judged: World;
  /** Requests as they reached the service. */
  readonly asked: readonly Asked[];
  /** Whether Step Functions can tell nothing of any execution. */
  isSilent: boolean;
  start(story?: Story): Started;
  /** Calls the reconciler with Step Functions' event that this execution was aborted. */
  settle(ended: ExecutionHandle): Promise<unknown>;
  /** Calls the reconciler as its schedule does. */
  sweep(): Promise<unknown>;
}

/** Opens a world of one film, at the same time and with the same chances as every other. */
export async function openCrashWorld({ chunks, checksum }: FilmTraits): Promise<CrashWorld> {
  restartTime();
  const machine = await warmUp();
  const around = calmSurroundings();
  const judged = await openJudged(around);
  await putFilm(judged, { chunks, checksum });
  const asked: Asked[] = [];
  const runs = new Map<string, Run>();
  const runOf = (id = '') => runs.get(id);
  const fleet = openFleet(around, (by) => portsOf(world, asked, by, runOf));
  const handlers = Object.fromEntries(
    Object.entries(fleet.handlers).map(([name, handler]) => [
      name,
      metHandler(name, handler, runOf),
    ]),
  );
  const reconcile = (event: object) =>
    callOwn(machine, reconciler, handlers[reconciler] as LambdaHandler, event);
  const world: CrashWorld = {
    chunks,
    checksum,
    machine,
    judged,
    asked,
    isSilent: false,
    start({ meet = () => {}, since, ...story } = {}) {
      const run: Run = { meet, effects: [], isDead: false };
      const called = since ? handlersSince(handlers, since) : handlers;
      const handle = startMet({ machine, handlers: called, ...story }, run, judged);
      runs.set(handle.executionArn, run);
      const killAll = () => {
        run.isDead = true;
        handle.kill();
        fleet.killAll(handle.executionArn);
      };
      return { ...handle, killAll };
    },
    settle: async (ended) => reconcile(abortionOf(judged, ended)),
    sweep: async () => reconcile({ source: 'aws.events' }),
  };
  return world;
}

async function putFilm({ objects }: World, { chunks, checksum }: FilmTraits): Promise<void> {
  const bytes = sampleBytes(chunks * chunkSizeBytes - 10);
  objects.put(film, bytes, {
    isVersioned: false,
    isEncrypted: false,
    checksum: checksum && (await checksumOf(checksum, bytes)),
  });
}

type StartOptions = Pick<ExecutionOptions, 'machine' | 'handlers'> & Omit<Story, 'meet'>;

/** Starts an execution whose transitions are effects of its run. */
export function startMet(
  { onEvent, ...options }: StartOptions,
  run: Run,
  judged: World,
): ExecutionHandle {
  const input = options.input ?? film;
  const moved = (event: StateMachineEvent) => {
    judged.tellings.history.push(event);
    onEvent?.(event);
    meetTransition(run, event);
  };
  const handle = startExecution({ ...options, input, onEvent: moved });
  record(judged, handle, input);
  return handle;
}

/** Step Functions' event of an execution that was aborted; its end counts as told from now on. */
export function abortionOf(
  { executions }: World,
  { executionArn }: Pick<ExecutionHandle, 'executionArn'>,
): object {
  const execution = executions.all.get(executionArn) as Execution;
  execution.isHeard = true;
  const { input, startedAt } = execution;
  const told = { input: JSON.stringify(input), startDate: startedAt };
  return statusChange('ABORTED', told, executionArn);
}

/** A function that belongs to no execution, as Lambda calls it. */
export function callOwn(
  { functions }: LocalStateMachine,
  name: string,
  handler: LambdaHandler,
  event: object,
): unknown {
  const [one] = functions.values();
  const called = { ...(one as LocalFunction), name, timeoutSeconds: 150 };
  return handler(event as never, lambdaContext(called, `arn:${name}`, 'settle', Date.now));
}
