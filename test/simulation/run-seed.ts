import { opaqueEvidenceChunks, sweepSeconds } from '#src/core/limits/limits.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { contentOf } from '../doubles/memory/memory-source.ts';
import { fakeTime, passTime, restoreTime, startOfTime } from '../harness/clock.ts';
import { deployedMachine } from '../harness/machine.ts';
import type { FaultClass, FaultSelection } from './faults/fault-classes.ts';
import { chanceOf } from './harness/chance.ts';
import { allTransfers, checkFinalState, checkOrphans } from './invariants/final-state.ts';
import type { Violation } from './invariants/violations.ts';
import { type Mutation, openSimulation, type Simulation } from './load/simulation.ts';
import { planStarts } from './load/starts.ts';

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

/** Runs one seed to its end and checks all invariants. Runs of the same seed are identical. */
export async function runSeed(
  seed: number,
  mutation?: Mutation,
  selection?: FaultSelection,
): Promise<SeedResult> {
  const { stackTraceLimit } = Error;
  // Errors are frequent here, and each stack takes time. The trace shows where a run failed.
  Error.stackTraceLimit = 0;
  fakeTime(chanceOf(seed ^ 0x5eed).random);
  const simulation = await openSimulation(seed, deployedMachine(), mutation, selection);
  try {
    await runToRest(simulation);
    await checkFinalState(simulation);
    await checkOrphans(simulation);
    return resultOf(seed, simulation);
  } catch (error) {
    simulation.violations.report('the simulation runs', String((error as Error).stack));
    return resultOf(seed, simulation);
  } finally {
    simulation.processPool.close();
    restoreTime();
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function runToRest(simulation: Simulation): Promise<void> {
  const { executions, faults, chance } = simulation;
  await planStarts(simulation);
  const isQuiet = () => isAtRest(simulation);
  const dispatching = simulation.dispatcher.openSchedule();
  const sweeping = sweepOften(simulation);
  await passTime(isQuiet, chance.pick([10 * minuteMs, hourMs, 6 * hourMs]));
  faults.disable();
  for (const uploadId of simulation.service.vanished) simulation.service.recallSession(uploadId);
  await rest(simulation, isQuiet);
  await settle(simulation, afterFaultsMs);
  for (const need of ['start', 'forced start'] as const) {
    await untilSessionsFit(simulation);
    for (const input of await neededStarts(simulation, need)) executions.start(input);
    await rest(simulation, isQuiet);
    await settle(simulation, afterRestMs);
  }
  sweeping.stop();
  dispatching.stop();
  await checkRecovery(simulation);
}

/** The life of an unfinished session at the service and one minute, in ms. */
const sessionLifeMs = 24 * hourMs + minuteMs;

/**
 * Waits until abandoned sessions expire if they use the whole session limit of the service. They
 * cannot be closed, and their life is longer than the patience of a start.
 */
async function untilSessionsFit({ service }: Simulation): Promise<void> {
  const active = service.sessions().filter(({ state }) => state === 'active').length;
  if (active < Number(service.context.switches.maxActiveSessions)) return;
  await passTime(() => false, sessionLifeMs);
}

async function rest({ violations }: Simulation, isQuiet: () => boolean): Promise<void> {
  if (await passTime(isQuiet, patienceMs)) return;
  violations.report('everything comes to rest', `not within ${patienceMs / hourMs} calm hours`);
}

/** Runs the sweep on the reconciler's schedule. */
function sweepOften({ executions }: Simulation): { stop(): void } {
  const timer = setInterval(() => {
    executions.reconcile({ source: 'aws.events' });
  }, sweepSeconds * 1000);
  return { stop: () => clearInterval(timer) };
}

/** Time for leases of killed executions to expire (15 minutes) and for one more sweep, in ms. */
const afterFaultsMs = 21 * minuteMs;

/** Time for one more sweep, in ms: nothing dies without faults. */
const afterRestMs = 6 * minuteMs;

async function settle(simulation: Simulation, ms: number): Promise<void> {
  const until = Date.now() + ms;
  await rest(simulation, () => Date.now() >= until && isAtRest(simulation));
}

/** Whether no execution runs, no call is planned and the queue is empty. */
function isAtRest({ executions, tables }: Simulation): boolean {
  return executions.isQuiet && tables.queue.tickets().length === 0;
}

/**
 * Returns one more start for each readable content without a ready transfer, then a forced start for
 * each content whose transfer completed with wrong bytes, as its error's next step says.
 */
async function neededStarts(
  simulation: Simulation,
  need: 'start' | 'forced start',
): Promise<object[]> {
  const rows = await allTransfers(simulation);
  const isWrong = (object: Row['source']) =>
    simulation.misread.has(contentOf(object)) &&
    latestOf(rows, object)?.outcome?.error === 'SourceChecksumMismatchError';
  const force = need === 'forced start' || undefined;
  const missing = (await missingContents(simulation)).filter((object) => !force || isWrong(object));
  return missing.map(({ bucket, key, versionId }) => ({ bucket, key, versionId, force }));
}

async function missingContents(simulation: Simulation) {
  const rows = await allTransfers(simulation);
  const readable = simulation.objects.contents.filter(({ isReadable }) => isReadable);
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
async function checkRecovery(simulation: Simulation): Promise<void> {
  const rows = await allTransfers(simulation);
  for (const object of await missingContents(simulation)) {
    const { outcome } = latestOf(rows, object) ?? {};
    if (isUndecidable(simulation, object.sizeBytes)) continue;
    simulation.violations.report(
      'one start without faults transfers the object',
      `${object.key}: ${outcome?.error} ${outcome?.cause}`,
    );
  }
}

/** Whether too few chunks exist to detect undeclared opaque ETags: such an object fails by name. */
function isUndecidable({ service }: Simulation, sizeBytes: number): boolean {
  const { etag, chunkSizeBytes } = service.context.switches;
  return etag === 'kms-silent' && sizeBytes <= (opaqueEvidenceChunks - 1) * Number(chunkSizeBytes);
}

function resultOf(seed: number, simulation: Simulation): SeedResult {
  return {
    seed,
    violations: simulation.violations.found,
    injected: simulation.faults.injected,
    digest: simulation.trace.digest(),
    lastLines: simulation.trace.last(4_000),
    executions: simulation.executions.all.size,
    virtualSeconds: (Date.now() - startOfTime) / 1000,
    ready: simulation.service.assets().filter(({ state }) => state === 'ready').length,
  };
}
