import type { LambdaHandler } from '#local/state-machine/lambda-runtime.ts';
import { stateMachineArn } from '#local/state-machine/run.ts';
import { executionArnOf } from '#src/core/queue/execution-arn.ts';
import type { SourceReference } from '#src/core/source/source-object.ts';
import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import { sampleBytes } from '../../doubles/memory/memory-source.ts';
import type { Asked } from '../../simulation/faults/faulty-transport.ts';
import { openFleet } from '../../harness/process-pool.ts';
import { allTransfers, judgeWorld } from '../../simulation/invariants/final-state.ts';
import { warmUp } from '../../simulation/run-seed.ts';
import { dispatcher, reconciler } from '../../harness/sandbox.ts';
import type { World } from '../../simulation/load/simulation.ts';
import { portsOf } from '../support/crash-ports.ts';
import { abortionOf, callOwn, type Started, startMet } from '../support/crash-harness.ts';
import { inTime, leap, restartTime } from '../../harness/fake-time.ts';
import { calmSurroundings, chunkSizeBytes, openJudged } from '../support/observed.ts';
import { type Meet, type Moment, metHandler, type Run } from '../support/moments.ts';

/** Two films that want one slot. */
export const films = {
  first: { bucket: 'films', key: 'first.mp4' },
  second: { bucket: 'films', key: 'second.mp4' },
} as const satisfies Record<string, SourceReference>;

/** The longest that a claim of a dead sender holds: the send function's time limit, in ms. */
const longestClaimMs = 630_000;

/** Rounds of retry, sweep and dispatch after which everything is at rest. */
const maxRounds = 8;

/** Two films, one slot, the dispatcher and its commands, in memory and in faked time. */
export interface QueueWorld {
  readonly judged: World;
  /** Each is called at every moment of every function; an effect waits for what they return. */
  readonly meets: Set<Meet>;
  /** Starts an execution by hand. */
  start(input: object, name?: string): Started;
  /** Starts an execution as S3's event does. */
  startByEvent(film: SourceReference): Started;
  /** One call of the dispatcher; false where it died or failed. */
  dispatch(): Promise<boolean>;
  /** Gives a command until it is done. */
  command(event: object): Promise<unknown>;
  /** Ends an execution with every process that works for it. */
  kill(executionId: string): void;
  /** Returns when every execution has ended. */
  ended(): Promise<void>;
  sweep(): Promise<void>;
  rowOf(film: SourceReference): Promise<TransferRecord | undefined>;
}

/** Opens a world at the same time and with the same chances as every other. */
export async function openQueueWorld(chunks = 1): Promise<QueueWorld> {
  restartTime();
  const machine = await warmUp();
  const around = calmSurroundings();
  const judged = await openJudged(around);
  for (const film of Object.values(films)) {
    const bytes = sampleBytes(chunks * chunkSizeBytes - (film === films.first ? 10 : 20));
    judged.objects.put(film, bytes, { isVersioned: false, isEncrypted: false });
  }
  const asked: Asked[] = [];
  const dead = new Set<string>();
  const never = () => new Promise<never>(() => {});
  const run: Run = {
    effects: [],
    isDead: false,
    async meet(moment) {
      for (const meet of world.meets) await meet(moment);
      if (moment.executionId && dead.has(moment.executionId)) await never();
    },
  };
  const starter = {
    start: async ({ name, input }: { name: string; input: unknown }) => {
      const known = judged.executions.all.get(executionArnOf(stateMachineArn(machine), name));
      if (known) return known.handle.status() === 'RUNNING' ? 'started' : 'exists';
      world.start(input as object, name);
      return 'started';
    },
  } as const;
  const parts = { judged, isSilent: false, slots: 1, starter };
  // The reconciler only helps a story to its end.
  const runOf = (functionName: string) => (functionName === reconciler ? undefined : run);
  const fleet = openFleet(around, (by) => portsOf(parts, asked, by, () => runOf(by.functionName)));
  const handlers = Object.fromEntries(
    Object.entries(fleet.handlers).map(([name, handler]) => [
      name,
      metHandler(name, handler, () => runOf(name)),
    ]),
  );
  const call = async (name: string, event: object) =>
    callOwn(machine, name, handlers[name] as LambdaHandler, event);
  let starts = 0;
  const world: QueueWorld = {
    judged,
    meets: new Set(),
    start(input, name = `by-hand-${++starts}`) {
      const handle = startMet({ machine, handlers, input, name }, run, judged);
      return { ...handle, killAll: () => world.kill(handle.executionArn) };
    },
    startByEvent: (film) => world.start(eventOf(judged, film), `by-event-${++starts}`),
    dispatch: () =>
      call(dispatcher, { stateMachineArn: stateMachineArn(machine) }).then(
        () => true,
        () => false,
      ),
    async command(event) {
      for (let time = 0; time < 3; time++) {
        const done = await call(dispatcher, event).catch(() => undefined);
        if (done) return done;
      }
      throw new Error(`the command was not done: ${JSON.stringify(event)}`);
    },
    kill(executionId) {
      dead.add(executionId);
      judged.executions.all.get(executionId)?.handle.kill();
      fleet.killAll(executionId);
    },
    async ended() {
      for (const { handle } of judged.executions.all.values()) await handle.result;
    },
    async sweep() {
      for (const { id, result, isHeard } of [...judged.executions.all.values()])
        if (result?.status === 'ABORTED' && !isHeard)
          await call(reconciler, abortionOf(judged, { executionArn: id }));
      await call(reconciler, { source: 'aws.events' });
    },
    rowOf: async (film) =>
      (await allTransfers(judged)).find(
        ({ source, ingestNumber }) => source.key === film.key && ingestNumber > 0,
      ),
  };
  return world;
}

function eventOf({ objects }: World, { bucket, key }: SourceReference): object {
  const { etag = '', sizeBytes = 0 } = objects.current({ bucket, key })?.object ?? {};
  const detail = { bucket: { name: bucket }, object: { key, etag, size: sizeBytes } };
  return { source: 'aws.s3', 'detail-type': 'Object Created', detail };
}

/**
 * Lets everything that recovers by itself do so: status events, sweeps and the dispatcher's schedule;
 * then starts by hand what an operator finds stopped.
 */
export async function bringToRest(
  world: QueueWorld,
  wanted: readonly SourceReference[] = Object.values(films),
): Promise<void> {
  for (let round = 0; round < maxRounds; round++) {
    await inTime(world.ended());
    await inTime(world.sweep());
    await inTime(world.dispatch());
    await inTime(world.ended());
    const rows = await Promise.all(wanted.map((film) => world.rowOf(film)));
    const isDone = rows.every((row) => row?.state === 'ready');
    if (isDone && world.judged.tables.queue.tickets().length === 0) break;
    for (const [i, row] of rows.entries())
      if (!row || row.state === 'cancelled' || row.state === 'failed') {
        leap(1);
        world.start(wanted[i] as SourceReference);
      }
  }
  await inTime(world.ended());
  await inTime(world.sweep());
}

/** What the promise forbids and is so all the same: each wanted film is one ready asset, nothing is left over. */
export async function brokenInQueue(
  { judged, rowOf }: QueueWorld,
  wanted: readonly SourceReference[] = Object.values(films),
): Promise<string[]> {
  leap(longestClaimMs);
  await judgeWorld(judged);
  const broken = judged.judge.found.map(({ invariant, what }) => `${invariant} (${what})`);
  const assets = judged.service.assets();
  if (assets.length !== wanted.length) broken.push(`${assets.length} assets`);
  for (const film of wanted) {
    const row = await rowOf(film);
    const asset = assets.find(({ assetId }) => assetId === row?.assetId);
    if (row?.state !== 'ready' || asset?.state !== 'ready')
      broken.push(`${film.key} is ${row?.state}, its asset ${asset?.state}`);
  }
  return broken;
}

/** A moment of a story, by which it is found again when the story is run once more. */
export type QueuePoint = Pick<Moment, 'index' | 'name' | 'when' | 'functionName' | 'executionId'>;

/** Whether a moment is that point. */
export function isPoint(point: QueuePoint, { index, when, name }: Moment): boolean {
  return index === point.index && when === point.when && name === point.name;
}
