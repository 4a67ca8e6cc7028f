import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExecutionResult } from '#local/state-machine/run.ts';
import { leaseSeconds } from '#src/core/limits/limits.ts';
import { fakeTime, restoreTime, skipTime, untilSettled } from '../harness/clock.ts';
import {
  type CrashHarness,
  type FilmTraits,
  openCrashHarness,
  type Started,
} from './support/crash-harness.ts';
import { type Held, holdFirst } from './support/hold-moment.ts';
import type { Moment } from './support/moments.ts';
import { isAt, type Point, pointsOf } from './support/points.ts';
import { brokenLateEnd, brokenPromises, describeEnd } from './support/promises.ts';
import { shortStacks } from './support/short-stacks.ts';

const traits: FilmTraits = { chunks: 3 };

/** An execution that is paused at a point. */
interface Paused extends Held {
  readonly run: Started;
}

function startPaused(harness: CrashHarness, point: Point): Paused {
  const held = holdFirst((moment) => isAt(point, moment));
  return { ...held, run: harness.start({ onMoment: held.onMoment }) };
}

/** Returns what is wrong with the ends of two executions: one works, the other names it. */
function brokenPair(ends: readonly [ExecutionResult, ExecutionResult]): string[] {
  const outputs = ends.map(({ output }) => (output ?? {}) as Record<string, unknown>);
  const worked = ends.findIndex((_, i) => outputs[i]?.status === 'ready');
  const [end, other] = [ends[worked], ends[1 - worked]];
  if (!end || !other) return [`they ended ${ends.map(describeEnd).join(' and ')}`];
  const { status, execution, assetId } = outputs[1 - worked] ?? {};
  if (other.status !== 'SUCCEEDED') return [`the other ended ${describeEnd(other)}`];
  if (status === 'running-elsewhere' && execution === end.executionArn) return [];
  if (status === 'already-ingested' && assetId === outputs[worked]?.assetId) return [];
  return [`the other ended ${describeEnd(other)}`];
}

/** Sorts the ends: the execution with the asset is last. */
function workerLast(ends: readonly [ExecutionResult, ExecutionResult]): ExecutionResult[] {
  const isReady = ({ output }: ExecutionResult) =>
    (output as { status?: string } | undefined)?.status === 'ready';
  return [...ends].sort((a, b) => Number(isReady(a)) - Number(isReady(b)));
}

/** Continues a race while the first execution is paused at a point. */
type Race = (harness: CrashHarness, first: Paused) => Promise<string[]>;

const races: Readonly<Record<string, Race>> = {
  'the second runs to its end while the first is paused': async (harness, first) => {
    const second = await untilSettled(harness.start().result);
    first.resume();
    return checkPair(harness, [await untilSettled(first.run.result), second]);
  },
  'both continue at once': async (harness, first) => {
    const second = harness.start();
    first.resume();
    const ends = await untilSettled(Promise.all([first.run.result, second.result]));
    return checkPair(harness, ends);
  },
};

async function checkPair(
  harness: CrashHarness,
  ends: readonly [ExecutionResult, ExecutionResult],
): Promise<string[]> {
  return [...brokenPair(ends), ...(await brokenPromises(harness, workerLast(ends)))];
}

/** Races with a first execution that is dead for all others. */
const zombies: Readonly<Record<string, Race>> = {
  'it was aborted, and its function resumes after the end of the second': async (
    harness,
    first,
  ) => {
    first.run.kill();
    const ends = [await untilSettled(first.run.result), await untilSettled(harness.start().result)];
    return checkZombie(harness, first, ends);
  },
  'it was aborted, and its function resumes when the second claims its range': async (
    harness,
    first,
  ) => {
    first.run.kill();
    const onMoment = ({ name }: Moment) => void (name === 'store.claimRange' && first.resume());
    const ends = [
      await untilSettled(first.run.result),
      await untilSettled(harness.start({ onMoment }).result),
    ];
    return checkZombie(harness, first, ends);
  },
  'it was suspended past its lease, and resumes after the end of the second': async (
    harness,
    first,
  ) => {
    suspend(harness);
    const second = await untilSettled(harness.start().result);
    first.resume();
    const late = await untilSettled(first.run.result);
    return [...brokenLateEnd(late), ...(await checkZombie(harness, first, [late, second]))];
  },
  'it was suspended past its lease, and resumes when the second has taken over': async (
    harness,
    first,
  ) => {
    suspend(harness);
    const onMoment = ({ name, when }: Moment) =>
      void (name === 'store.takeTransfer' && when === 'after' && first.resume());
    const second = await untilSettled(harness.start({ onMoment }).result);
    first.resume();
    const late = await untilSettled(first.run.result);
    return [...brokenLateEnd(late), ...(await checkZombie(harness, first, [late, second]))];
  },
};

/** Moves the date past the lease without firing timers; the directory no longer answers. */
function suspend(harness: CrashHarness): void {
  harness.isDirectoryUnavailable = true;
  skipTime((leaseSeconds + 1) * 1000);
}

async function checkZombie(
  harness: CrashHarness,
  first: Paused,
  ends: readonly ExecutionResult[],
): Promise<string[]> {
  first.resume();
  await untilSettled(first.run.idle());
  await untilSettled(harness.sweep());
  return brokenPromises(harness, ends);
}

async function raceAt(point: Point, race: Race): Promise<string[]> {
  const harness = await openCrashHarness(traits);
  const first = startPaused(harness, point);
  await untilSettled(first.reached);
  const broken = await race(harness, first);
  return broken.map((promise) => `${point.when} ${point.index} ${point.name}: ${promise}`);
}

/** Runs one kind of race at every point. */
async function raceEverywhere(
  races: Readonly<Record<string, Race>>,
  what: string,
  points: readonly Point[],
): Promise<void> {
  const broken: string[] = [];
  for (const point of points) broken.push(...(await raceAt(point, races[what] as Race)));
  console.log(`${what}: ${points.length} points, ${broken.length} broken promises`);
  expect(points.length).toBeGreaterThan(20);
  expect(broken).toEqual([]);
}

beforeEach(fakeTime);
beforeEach(shortStacks);
afterEach(restoreTime);

describe('two executions of one film', () => {
  it.each(Object.keys(races))(
    'make one asset, and the other succeeds and names it, at every point where %s',
    async (what) => raceEverywhere(races, what, await pointsOf(traits)),
  );
});

describe('an execution that counts as dead', () => {
  it.each(Object.keys(zombies))('changes nothing at every point where %s', async (what) => {
    const points = (await pointsOf(traits)).filter(({ isInFunction }) => isInFunction);
    await raceEverywhere(zombies, what, points);
  });
});
