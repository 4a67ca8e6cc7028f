import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExecutionResult } from '#local/state-machine/run.ts';
import { leaseSeconds } from '#src/core/limits/limits.ts';
import { type CrashWorld, type FilmTraits, openCrashWorld, type Started } from './support/crash-harness.ts';
import { fakeTime, giveTimeBack, inTime, leap } from '../harness/fake-time.ts';
import type { Moment } from './support/moments.ts';
import { isAt, type Point, pointsOf } from './support/points.ts';
import { brokenPromises, described, lateEndBroken } from './support/promises.ts';

beforeEach(fakeTime);
afterEach(giveTimeBack);

const traits: FilmTraits = { chunks: 3 };

/** An execution that stands still at a point until it is let go on. */
interface Paused {
  readonly run: Started;
  /** Resolves when it has come there. */
  readonly reached: Promise<void>;
  goOn(): void;
}

/** Starts an execution that pauses at a point; a state machine that moves there waits for nobody. */
function startPaused(world: CrashWorld, point: Point): Paused {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: released, resolve: goOn } = Promise.withResolvers<void>();
  const meet = (moment: Moment) => {
    if (!isAt(point, moment)) return undefined;
    reach();
    return released;
  };
  return { run: world.start({ meet }), reached, goOn };
}

/** What is wrong with how two executions of one film ended: one works, the other says who does. */
function pairBroken(ends: readonly [ExecutionResult, ExecutionResult]): string[] {
  const outputs = ends.map(({ output }) => (output ?? {}) as Record<string, unknown>);
  const worked = ends.findIndex((_, i) => outputs[i]?.status === 'ready');
  const [end, other] = [ends[worked], ends[1 - worked]];
  if (!end || !other) return [`they ended ${ends.map(described).join(' and ')}`];
  const { status, execution, assetId } = outputs[1 - worked] ?? {};
  if (other.status !== 'SUCCEEDED') return [`the other ended ${described(other)}`];
  if (status === 'running-elsewhere' && execution === end.executionArn) return [];
  if (status === 'already-ingested' && assetId === outputs[worked]?.assetId) return [];
  return [`the other ended ${described(other)}`];
}

/** The one that has the asset is judged as the last. */
function workerLast(ends: readonly [ExecutionResult, ExecutionResult]): ExecutionResult[] {
  const isReady = ({ output }: ExecutionResult) =>
    (output as { status?: string } | undefined)?.status === 'ready';
  return [...ends].sort((a, b) => Number(isReady(a)) - Number(isReady(b)));
}

/** How a race goes on while the first execution stands at a point. */
type Race = (world: CrashWorld, first: Paused) => Promise<string[]>;

const races: Readonly<Record<string, Race>> = {
  'the second runs to its end while the first stands still': async (world, first) => {
    const second = await inTime(world.start().result);
    first.goOn();
    return judgePair(world, [await inTime(first.run.result), second]);
  },
  'both go on at once': async (world, first) => {
    const second = world.start();
    first.goOn();
    const ends = await inTime(Promise.all([first.run.result, second.result]));
    return judgePair(world, ends);
  },
};

async function judgePair(
  world: CrashWorld,
  ends: readonly [ExecutionResult, ExecutionResult],
): Promise<string[]> {
  return [...pairBroken(ends), ...(await brokenPromises(world, workerLast(ends)))];
}

/** A first execution that is over for everybody but itself, and what may be said of its end. */
const zombies: Readonly<Record<string, Race>> = {
  'it was aborted, and its function wakes when the second has ended': async (world, first) => {
    first.run.kill();
    const ends = [await inTime(first.run.result), await inTime(world.start().result)];
    return judgeZombie(world, first, ends);
  },
  'it was aborted, and its function wakes when the second claims its range': async (
    world,
    first,
  ) => {
    first.run.kill();
    const meet = ({ name }: Moment) => void (name === 'store.claimRange' && first.goOn());
    const ends = [await inTime(first.run.result), await inTime(world.start({ meet }).result)];
    return judgeZombie(world, first, ends);
  },
  'it was suspended past its lease, and wakes when the second has ended': async (world, first) => {
    suspend(world);
    const second = await inTime(world.start().result);
    first.goOn();
    const late = await inTime(first.run.result);
    return [...lateEndBroken(late), ...(await judgeZombie(world, first, [late, second]))];
  },
  'it was suspended past its lease, and wakes when the second has taken over': async (
    world,
    first,
  ) => {
    suspend(world);
    const meet = ({ name, when }: Moment) =>
      void (name === 'store.takeTransfer' && when === 'after' && first.goOn());
    const second = await inTime(world.start({ meet }).result);
    first.goOn();
    const late = await inTime(first.run.result);
    return [...lateEndBroken(late), ...(await judgeZombie(world, first, [late, second]))];
  },
};

/** Time goes by without a timer firing, until nobody can tell any more that the first still runs. */
function suspend(world: CrashWorld): void {
  world.isSilent = true;
  leap((leaseSeconds + 1) * 1000);
}

async function judgeZombie(
  world: CrashWorld,
  first: Paused,
  ends: readonly ExecutionResult[],
): Promise<string[]> {
  first.goOn();
  await inTime(first.run.idle());
  await inTime(world.sweep());
  return brokenPromises(world, ends);
}

async function raceAt(point: Point, race: Race): Promise<string[]> {
  const world = await openCrashWorld(traits);
  const first = startPaused(world, point);
  await inTime(first.reached);
  const broken = await race(world, first);
  return broken.map((promise) => `${point.when} ${point.index} ${point.name}: ${promise}`);
}

describe('two executions of one film', () => {
  it.each(Object.entries(races))(
    'make one asset, and the other ends well and names it, wherever %s',
    async (what, race) => {
      const points = await pointsOf(traits);
      const broken: string[] = [];
      for (const point of points) broken.push(...(await raceAt(point, race)));
      console.log(`races, ${what}: ${points.length} points, ${broken.length} broken promises`);
      expect(broken).toEqual([]);
    },
  );
});

describe('an execution that is taken for dead', () => {
  it.each(Object.entries(zombies))('changes nothing any more, wherever %s', async (what, race) => {
    const points = (await pointsOf(traits)).filter(({ isInFunction }) => isInFunction);
    const broken: string[] = [];
    for (const point of points) broken.push(...(await raceAt(point, race)));
    console.log(`zombies, ${what}: ${points.length} points, ${broken.length} broken promises`);
    expect(broken).toEqual([]);
  });
});
