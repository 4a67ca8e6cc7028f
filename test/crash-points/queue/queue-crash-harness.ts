import { stateMachineArn } from '#local/state-machine/definition/definition.ts';
import type { ExecutionStarter } from '#src/core/ports/executions.ts';
import { executionArnOf } from '#src/core/queue/execution-arn.ts';
import type { SourceReference } from '#src/core/source/source-object.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { sampleBytes } from '../../doubles/memory/memory-source.ts';
import { skipTime, untilSettled } from '../../harness/clock.ts';
import { dispatcher, reconciler } from '../../simulation/harness/sandbox.ts';
import { allTransfers } from '../../simulation/invariants/final-state.ts';
import type { Simulation } from '../../simulation/load/simulation.ts';
import type { Started } from '../support/crash-harness.ts';
import { type Held, holdFirst } from '../support/hold-moment.ts';
import type { Moment, OnMoment, Run } from '../support/moments.ts';
import { chunkSizeBytes } from '../support/observed.ts';
import { openObservedPipeline } from '../support/observed-pipeline.ts';
import { brokenInvariants } from '../support/promises.ts';

/** Two films for one slot. */
export const films = {
  first: { bucket: 'films', key: 'first.mp4' },
  second: { bucket: 'films', key: 'second.mp4' },
} as const satisfies Record<string, SourceReference>;

/** Maximum rounds of retry, sweep and dispatch until everything is at rest. */
const maxRounds = 8;

const never = () => new Promise<never>(() => {});

/** A crash harness with two films, one slot and the dispatcher with its commands. */
export interface QueueCrashHarness {
  readonly simulation: Simulation;
  /** Called at every moment of every function. An effect waits for the returned promises. */
  readonly listeners: Set<OnMoment>;
  /** Starts an execution manually. */
  start(input: object, name?: string): Started;
  /** Starts an execution as S3's event does. */
  startByEvent(film: SourceReference): Started;
  /** Calls the dispatcher once; returns false if the call died or failed. */
  dispatch(): Promise<boolean>;
  /** Sends a command until it succeeds. */
  command(event: object): Promise<unknown>;
  /** Kills an execution with all its processes. */
  kill(executionId: string): void;
  /** Resolves when every execution has ended. */
  ended(): Promise<void>;
  sweep(): Promise<void>;
  rowOf(film: SourceReference): Promise<TransferRecord | undefined>;
}

/** Opens a harness. All harnesses have the same start time and random numbers. */
export async function openQueueCrashHarness(): Promise<QueueCrashHarness> {
  const dead = new Set<string>();
  const run: Run = {
    effects: [],
    isDead: false,
    async onMoment(moment) {
      for (const onMoment of harness.listeners) await onMoment(moment);
      if (moment.executionId && dead.has(moment.executionId)) await never();
    },
  };
  const starter: ExecutionStarter = {
    start: async ({ name, input }) => {
      const known = simulation.executions.all.get(executionArnOf(stateMachineArn(machine), name));
      if (known) return known.handle.status() === 'RUNNING' ? 'started' : 'exists';
      harness.start(input, name);
      return 'started';
    },
  };
  // The reconciler has no crash points: it only completes a scenario.
  const pipeline = await openObservedPipeline({ slots: 1, starter }, (_, functionName) =>
    functionName === reconciler ? undefined : run,
  );
  const { machine, simulation, call } = pipeline;
  putFilms(simulation);
  let starts = 0;
  const harness: QueueCrashHarness = {
    simulation,
    listeners: new Set(),
    start(input, name = `manual-${++starts}`) {
      const handle = pipeline.startRun(run, { input, name });
      return { ...handle, killAll: () => harness.kill(handle.executionArn) };
    },
    startByEvent: (film) => harness.start(eventOf(simulation, film), `by-event-${++starts}`),
    dispatch: () =>
      call(dispatcher, { stateMachineArn: stateMachineArn(machine) }).then(
        () => true,
        () => false,
      ),
    async command(event) {
      for (let time = 0; time < 3; time++) {
        const reply = await call(dispatcher, event).catch(() => undefined);
        if (reply) return reply;
      }
      throw new Error(`the command failed three times: ${JSON.stringify(event)}`);
    },
    kill(executionId) {
      dead.add(executionId);
      simulation.executions.all.get(executionId)?.handle.kill();
      pipeline.killProcesses(executionId);
    },
    async ended() {
      for (const { handle } of simulation.executions.all.values()) await handle.result;
    },
    async sweep() {
      for (const { id, result, isEndReconciled } of [...simulation.executions.all.values()])
        if (result?.status === 'ABORTED' && !isEndReconciled)
          await pipeline.reconcileAborted({ executionArn: id });
      await call(reconciler, { source: 'aws.events' });
    },
    rowOf: async (film) =>
      (await allTransfers(simulation)).find(
        ({ source, ingestNumber }) => source.key === film.key && ingestNumber > 0,
      ),
  };
  return harness;
}

/** Puts both films, of one chunk each and of different sizes. */
function putFilms({ objects }: Simulation): void {
  objects.put(films.first, sampleBytes(chunkSizeBytes - 10));
  objects.put(films.second, sampleBytes(chunkSizeBytes - 20));
}

function eventOf({ objects }: Simulation, { bucket, key }: SourceReference): object {
  const { etag = '', sizeBytes = 0 } = objects.current({ bucket, key })?.object ?? {};
  const detail = { bucket: { name: bucket }, object: { key, etag, size: sizeBytes } };
  return { source: 'aws.s3', 'detail-type': 'Object Created', detail };
}

/**
 * Runs the automatic recovery: status events, sweeps and the dispatcher's schedule. Then starts stopped
 * films manually, as an operator does.
 */
export async function bringToRest(
  harness: QueueCrashHarness,
  wanted: readonly SourceReference[] = Object.values(films),
): Promise<void> {
  for (let round = 0; round < maxRounds; round++) {
    await untilSettled(harness.ended());
    await untilSettled(harness.sweep());
    await untilSettled(harness.dispatch());
    await untilSettled(harness.ended());
    const rows = await Promise.all(wanted.map((film) => harness.rowOf(film)));
    const isDone = rows.every((row) => row?.state === 'ready');
    if (isDone && harness.simulation.tables.queue.tickets().length === 0) break;
    for (const [i, row] of rows.entries())
      if (!row || row.state === 'cancelled' || row.state === 'failed') {
        skipTime(1);
        harness.start(wanted[i] as SourceReference);
      }
  }
  await untilSettled(harness.ended());
  await untilSettled(harness.sweep());
}

/** Returns the broken guarantees: each wanted film must be one ready asset, without leftovers. */
export async function brokenInQueue(
  { simulation, rowOf }: QueueCrashHarness,
  wanted: readonly SourceReference[] = Object.values(films),
): Promise<string[]> {
  const broken = await brokenInvariants(simulation);
  const assets = simulation.service.assets();
  if (assets.length !== wanted.length) broken.push(`${assets.length} assets`);
  for (const film of wanted) {
    const row = await rowOf(film);
    const asset = assets.find(({ assetId }) => assetId === row?.assetId);
    if (row?.state !== 'ready' || asset?.state !== 'ready')
      broken.push(`${film.key} is ${row?.state}, its asset ${asset?.state}`);
  }
  return broken;
}

/** Identifies a moment across runs of a scenario. */
export type QueuePoint = Pick<Moment, 'index' | 'name' | 'when' | 'functionName' | 'executionId'>;

/** Pauses the first moment that matches. */
export function holdAt(
  { listeners }: QueueCrashHarness,
  matches: (moment: Moment) => boolean,
): Held {
  const held = holdFirst(matches);
  listeners.add(held.onMoment);
  return held;
}

/** Records every moment from now on. */
export function recordMoments({ listeners }: QueueCrashHarness): Moment[] {
  const moments: Moment[] = [];
  listeners.add((moment) => void moments.push(moment));
  return moments;
}
