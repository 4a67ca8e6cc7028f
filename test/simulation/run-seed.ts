import { closeHttp } from '#functions/runtime/agent.ts';
import { give } from '#functions/runtime/given.ts';
import { openPipeline } from '#local/pipeline.ts';
import type { LocalStateMachine } from '#local/state-machine/definition.ts';
import { opaqueEvidenceChunks, sweepSeconds } from '#src/core/limits/limits.ts';
import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import { chanceOf } from '../harness/chance.ts';
import type { FaultClass, FaultSelection } from './faults/fault-classes.ts';
import { allTransfers, judgeOrphans, judgeWorld } from './invariants/final-state.ts';
import { contentOf } from './load/objects.ts';
import { planStarts } from './load/starts.ts';
import type { Violation } from './invariants/violations.ts';
import { startOfTime, takeTime, type VirtualTime } from '../harness/virtual-time.ts';
import { openWorld, type Plant, type World } from './load/simulation.ts';

/** The result of one run. */
export interface SeedResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly injected: ReadonlyMap<FaultClass, number>;
  readonly digest: string;
  readonly lastLines: readonly string[];
  readonly executions: number;
  readonly virtualSeconds: number;
  readonly ready: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** The maximum duration of a run after faults are disabled, in ms. */
const patienceMs = 72 * hourMs;

let machine: LocalStateMachine | undefined;

/** The machine as it is synthesized, once a process; it takes a second. */
export async function warmUp(): Promise<LocalStateMachine> {
  if (machine) return machine;
  const pipeline = openPipeline({ buckets: [], environment: {} });
  await pipeline.close();
  await closeHttp();
  machine = pipeline.machine;
  return machine;
}

/** Runs one seed to its end and checks all invariants. Runs of the same seed are identical. */
export async function runSeed(
  seed: number,
  plant?: Plant,
  selection?: FaultSelection,
): Promise<SeedResult> {
  const definition = await warmUp();
  const time = takeTime(chanceOf(seed ^ 0x5eed).random);
  const world = await openWorld(seed, definition, plant, selection);
  try {
    await runToRest(world, time);
    await judgeWorld(world);
    await judgeOrphans(world);
    return resultOf(seed, world);
  } catch (error) {
    world.judge.broken('the simulation runs', String((error as Error).stack));
    return resultOf(seed, world);
  } finally {
    world.fleet.close();
    time.restore();
    give({});
  }
}

async function runToRest(world: World, time: VirtualTime): Promise<void> {
  const { executions, mishaps, chance } = world;
  await planStarts(world);
  const isQuiet = () => isAtRest(world);
  const dispatching = world.dispatcher.openSchedule();
  const sweeping = sweepOften(world);
  await time.pass(isQuiet, chance.pick([10 * minuteMs, hourMs, 6 * hourMs]));
  mishaps.calm();
  for (const uploadId of world.service.vanished) world.service.recallSession(uploadId);
  await rest(world, time, isQuiet);
  await settle(world, time, afterFaultsMs);
  for (const need of ['start', 'forced start'] as const) {
    await untilSessionsFit(world, time);
    for (const input of await neededStarts(world, need)) executions.start(input);
    await rest(world, time, isQuiet);
    await settle(world, time, afterRestMs);
  }
  sweeping.stop();
  dispatching.stop();
  await judgeRecovery(world);
}

/** The life of an unfinished session at the service and one minute, in ms. */
const sessionLifeMs = 24 * hourMs + minuteMs;

/**
 * Waits until abandoned sessions expire if they use the whole session limit of the service. They
 * cannot be closed, and their life is longer than the patience of a start.
 */
async function untilSessionsFit({ service }: World, time: VirtualTime): Promise<void> {
  const active = service.sessions().filter(({ state }) => state === 'active').length;
  if (active < Number(service.context.switches.maxActiveSessions)) return;
  await time.pass(() => false, sessionLifeMs);
}

async function rest({ judge }: World, time: VirtualTime, isQuiet: () => boolean): Promise<void> {
  if (await time.pass(isQuiet, patienceMs)) return;
  judge.broken('everything comes to rest', `not within ${patienceMs / hourMs} calm hours`);
}

/** Runs the sweep on the reconciler's schedule. */
function sweepOften({ executions }: World): { stop(): void } {
  const timer = setInterval(() => {
    executions.reconcile({ source: 'aws.events' });
  }, sweepSeconds * 1000);
  return { stop: () => clearInterval(timer) };
}

/** Time for leases of killed executions to expire (15 minutes) and for one more sweep, in ms. */
const afterFaultsMs = 21 * minuteMs;

/** Time for one more sweep, in ms: nothing dies without faults. */
const afterRestMs = 6 * minuteMs;

async function settle(world: World, time: VirtualTime, ms: number): Promise<void> {
  const until = Date.now() + ms;
  await rest(world, time, () => Date.now() >= until && isAtRest(world));
}

/** Whether no execution runs, no call is planned and the queue is empty. */
function isAtRest({ executions, tables }: World): boolean {
  return executions.isQuiet && tables.queue.tickets().length === 0;
}

/**
 * Returns one more start for each readable content without a ready transfer, then a forced start for
 * each content whose transfer completed with wrong bytes, as its error's next step says.
 */
async function neededStarts(world: World, need: 'start' | 'forced start'): Promise<object[]> {
  const rows = await allTransfers(world);
  const isWrong = (object: Row['source']) =>
    world.misread.has(contentOf(object)) &&
    latestOf(rows, object)?.outcome?.error === 'SourceChecksumMismatchError';
  const force = need === 'forced start' || undefined;
  const missing = (await missingContents(world)).filter((object) => !force || isWrong(object));
  return missing.map(({ bucket, key, versionId }) => ({ bucket, key, versionId, force }));
}

async function missingContents(world: World) {
  const rows = await allTransfers(world);
  const readable = world.objects.contents.filter(({ isReadable }) => isReadable);
  return readable.map(({ object }) => object).filter((object) => !latestOf(rows, object, 'ready'));
}

type Row = TransferRecord;

function latestOf(rows: readonly Row[], object: Row['source'], state?: Row['state']) {
  const same = rows.filter(
    ({ source }) =>
      source.key === object.key &&
      source.bucket === object.bucket &&
      source.etag === object.etag &&
      source.versionId === object.versionId,
  );
  return same
    .filter((row) => !state || row.state === state)
    .sort((a, b) => b.ingestNumber - a.ingestNumber)[0];
}

/** Checks that one start without faults is enough. */
async function judgeRecovery(world: World): Promise<void> {
  const rows = await allTransfers(world);
  for (const object of await missingContents(world)) {
    const { outcome } = latestOf(rows, object) ?? {};
    if (isUndecidable(world, object.sizeBytes)) continue;
    world.judge.broken(
      'one calm start brings the object over',
      `${object.key}: ${outcome?.error} ${outcome?.cause}`,
    );
  }
}

/** Whether too few chunks exist to detect undeclared opaque ETags: such an object fails by name. */
function isUndecidable({ service }: World, sizeBytes: number): boolean {
  const { etag, chunkSizeBytes } = service.context.switches;
  return etag === 'kms-silent' && sizeBytes <= (opaqueEvidenceChunks - 1) * Number(chunkSizeBytes);
}

function resultOf(seed: number, world: World): SeedResult {
  return {
    seed,
    violations: world.judge.found,
    injected: world.mishaps.injected,
    digest: world.trace.digest(),
    lastLines: world.trace.last(4_000),
    executions: world.executions.all.size,
    virtualSeconds: (Date.now() - startOfTime) / 1000,
    ready: world.service.assets().filter(({ state }) => state === 'ready').length,
  };
}
