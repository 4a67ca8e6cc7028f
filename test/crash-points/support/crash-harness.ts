import type { StateMachineEvent } from '#local/state-machine/event-tally.ts';
import type { ExecutionHandle, ExecutionOptions } from '#local/state-machine/run.ts';
import type { CrcAlgorithm } from '#src/core/source/source-object.ts';
import { checksumOf, sampleBytes } from '../../doubles/memory/memory-source.ts';
import type { FirstStart } from '../../harness/machine.ts';
import { reconciler } from '../../simulation/harness/sandbox.ts';
import type { Simulation } from '../../simulation/load/simulation.ts';
import type { RunFault } from './crash-ports.ts';
import type { OnMoment, Run } from './moments.ts';
import { chunkSizeBytes } from './observed.ts';
import { type ObservedPipeline, openObservedPipeline } from './observed-pipeline.ts';
import { addServiceFault } from './service-faults.ts';

export const film = { bucket: 'films', key: 'reels/film.mp4' };

/** The object of a harness. */
export interface FilmTraits {
  readonly chunks: number;
  readonly checksum?: CrcAlgorithm | undefined;
  /** Ranges that are sent at once, and planned at most. Default: 2. */
  readonly rangesAtOnce?: number | undefined;
  /** Default: a run without a fault. */
  readonly fault?: RunFault | undefined;
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
export interface CrashHarness extends FilmTraits, ObservedPipeline {
  start(options?: RunOptions): Started;
  /** Calls the reconciler as its schedule does. */
  sweep(): Promise<unknown>;
}

/** Opens a harness with one film. All harnesses have the same start time and random numbers. */
export async function openCrashHarness(traits: FilmTraits): Promise<CrashHarness> {
  const { rangesAtOnce, fault } = traits;
  const runs = new Map<string, Run>();
  const pipeline = await openObservedPipeline({ rangesAtOnce, fault }, (id = '') => runs.get(id));
  if (fault === 'proof conflict') pipeline.simulation.service.context.switches.etag = 'kms';
  addServiceFault(pipeline.simulation.service, fault);
  await putFilm(pipeline.simulation, traits);
  return Object.assign(pipeline, {
    ...traits,
    start({ onMoment = () => {}, input = film, ...options }: RunOptions = {}) {
      const run: Run = { onMoment, effects: [], isDead: false };
      const handle = pipeline.startRun(run, { input, ...options });
      runs.set(handle.executionArn, run);
      const killAll = () => {
        run.isDead = true;
        handle.kill();
        pipeline.killProcesses(handle.executionArn);
      };
      return { ...handle, killAll };
    },
    sweep: () => pipeline.call(reconciler, { source: 'aws.events' }),
  });
}

async function putFilm({ objects }: Simulation, { chunks, checksum }: FilmTraits): Promise<void> {
  const bytes = sampleBytes(chunks * chunkSizeBytes - 10);
  objects.put(film, bytes, { checksum: checksum && (await checksumOf(checksum, bytes)) });
}
