import { closeHttp } from '#functions/runtime/agent.ts';
import { give } from '#functions/runtime/given.ts';
import { openPipeline } from '#local/pipeline.ts';
import type { LocalStateMachine } from '#local/state-machine/definition.ts';
import { opaqueEvidenceChunks, sweepSeconds } from '#src/core/limits/limits.ts';
import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import { chanceOf } from './chance.ts';
import type { FaultClass, FaultSelection } from './fault-classes.ts';
import { allTransfers, judgeOrphans, judgeWorld } from './invariants.ts';
import { contentOf } from './objects.ts';
import { planStarts } from './starts.ts';
import type { Violation } from './violations.ts';
import { startOfTime, takeTime, type VirtualTime } from './virtual-time.ts';
import { openWorld, type Plant, type World } from './world.ts';

/** How one run ended. */
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

/** The most that a run may take once no fault strikes any more. */
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

/** Runs the world of one seed to its end and judges it. The same seed does the same, always. */
export async function runSeed(
  seed: number,
  plant?: Plant,
  selection?: FaultSelection,
): Promise<SeedResult> {
  const definition = await warmUp();
  const time = takeTime(chanceOf(seed ^ 0x5eed).random);
  const world = await openWorld(seed, definition, plant, selection);
  try {
    await live(world, time);
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

async function live(world: World, time: VirtualTime): Promise<void> {
  const { executions, mishaps, chance } = world;
  await planStarts(world);
  const isQuiet = () => isAtRest(world);
  const dispatching = world.dispatcher.openSchedule();
  const sweeping = sweepOften(world);
  await time.pass(isQuiet, chance.pick([10 * minuteMs, hourMs, 6 * hourMs]));
  mishaps.calm();
  for (const uploadId of world.service.vanished) world.service.recallSession(uploadId);
  await rest(world, time, isQuiet);
  await settle(world, time, afterDeathMs);
  for (const need of ['brought over', 'made right'] as const) {
    await untilSessionsFit(world, time);
    for (const input of await neededStarts(world, need)) executions.start(input);
    await rest(world, time, isQuiet);
    await settle(world, time, afterCalmMs);
  }
  sweeping.stop();
  dispatching.stop();
  await judgeRecovery(world);
}

/** How long the service keeps an unfinished session, and a minute more. */
const sessionLifeMs = 24 * hourMs + minuteMs;

/**
 * Where abandoned sessions fill all that the service lets be open, no start can open one until they
 * have run out: nobody can close them, and that is longer than a start's patience.
 */
async function untilSessionsFit({ service }: World, time: VirtualTime): Promise<void> {
  const active = service.sessions().filter(({ state }) => state === 'active').length;
  if (active < Number(service.parts.switches.maxActiveSessions)) return;
  await time.pass(() => false, sessionLifeMs);
}

async function rest({ judge }: World, time: VirtualTime, isQuiet: () => boolean): Promise<void> {
  if (await time.pass(isQuiet, patienceMs)) return;
  judge.broken('everything comes to rest', `not within ${patienceMs / hourMs} calm hours`);
}

/** The schedule's sweep. */
function sweepOften({ executions }: World): { stop(): void } {
  const timer = setInterval(() => {
    executions.reconcile({ source: 'aws.events' });
  }, sweepSeconds * 1000);
  return { stop: () => clearInterval(timer) };
}

/** Long enough for the leases of the dead to run out, 15 minutes, and for one more sweep. */
const afterDeathMs = 21 * minuteMs;

/** Long enough for one more sweep: nothing dies while it is calm. */
const afterCalmMs = 6 * minuteMs;

async function settle(world: World, time: VirtualTime, ms: number): Promise<void> {
  const until = Date.now() + ms;
  await rest(world, time, () => Date.now() >= until && isAtRest(world));
}

/** No execution runs, nothing is to come, and nothing waits in the queue. */
function isAtRest({ executions, tables }: World): boolean {
  return executions.isQuiet && tables.queue.tickets().length === 0;
}

/**
 * One more start for each content that is still there and that no transfer has brought over; then one
 * with force, as the failure's next step says, for each that turned out to be complete and wrong.
 */
async function neededStarts(world: World, need: 'brought over' | 'made right'): Promise<object[]> {
  const rows = await allTransfers(world);
  const isWrong = (object: Row['source']) =>
    world.misread.has(contentOf(object)) &&
    latestOf(rows, object)?.outcome?.error === 'SourceChecksumMismatchError';
  const force = need === 'made right' || undefined;
  const missing = (await missingContents(world)).filter((object) => !force || isWrong(object));
  return missing.map(({ bucket, key, versionId }) => ({ bucket, key, versionId, force }));
}

async function missingContents(world: World) {
  const rows = await allTransfers(world);
  const there = world.objects.contents.filter(({ isThere }) => isThere);
  return there.map(({ object }) => object).filter((object) => !latestOf(rows, object, 'ready'));
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

/** With no fault left, one start is enough. */
async function judgeRecovery(world: World): Promise<void> {
  const rows = await allTransfers(world);
  for (const object of await missingContents(world)) {
    const { outcome } = latestOf(rows, object) ?? {};
    if (isBeyondJudging(world, object.sizeBytes)) continue;
    world.judge.broken(
      'one calm start brings the object over',
      `${object.key}: ${outcome?.error} ${outcome?.cause}`,
    );
  }
}

/** ETags that are no MD5 and do not say so are known by several chunks; an object of fewer fails by name. */
function isBeyondJudging({ service }: World, sizeBytes: number): boolean {
  const { etag, chunkSizeBytes } = service.parts.switches;
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
