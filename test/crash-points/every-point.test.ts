import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExecutionResult } from '#local/state-machine/run.ts';
import { leaseSeconds } from '#src/core/limits/limits.ts';
import { type CrashWorld, type FilmTraits, openCrashWorld, type Started } from './support/crash-harness.ts';
import { fakeTime, giveTimeBack, inTime, leap } from '../harness/fake-time.ts';
import type { Moment } from './support/moments.ts';
import { isAt, ofEachKind, type Point, pointsOf } from './support/points.ts';
import { type Allowed, brokenPromises, stateOf } from './support/promises.ts';

beforeEach(fakeTime);
afterEach(giveTimeBack);

/** What dies at a point, and how the transfer goes on from there. */
interface Death {
  readonly dies: (moment: Moment, run: Started) => void;
  readonly goOn: (world: CrashWorld, run: Started) => Promise<ExecutionResult>;
  readonly allowed?: (world: CrashWorld) => Promise<Allowed>;
}

const wholeRun = (_: Moment, run: Started) => run.killAll();

const anew = (world: CrashWorld) => inTime(world.start().result);

const deaths: Readonly<Record<string, Death>> = {
  'the whole run, and a new execution starts': { dies: wholeRun, goOn: anew },
  'the whole run, the reconciler settles it, and a new execution starts': {
    dies: wholeRun,
    async goOn(world, run) {
      await inTime(world.settle(run));
      return anew(world);
    },
    allowed: async (world) => ({ failed: (await stateOf(world)) === 'ready' ? 0 : 1 }),
  },
  'the whole run, nobody can tell, and a new execution starts after its lease': {
    dies: wholeRun,
    async goOn(world) {
      world.isSilent = true;
      leap((leaseSeconds + 1) * 1000);
      const end = await anew(world);
      // The dead one's turn has run out and holds up nobody; its row is the sweep's to take away.
      await inTime(world.sweep());
      return end;
    },
  },
  'one function, and the state machine calls it again': {
    dies: ({ process }) => process?.die('Runtime.ExitError'),
    goOn: (_, run) => inTime(run.result),
  },
};

interface Film {
  readonly traits: FilmTraits;
  /** Where it is not every point: this many chunks differ in little but their number. */
  readonly choose?: typeof ofEachKind;
  readonly which: string;
}

const isWhole = process.env.CRASH_POINTS === 'all';

const films: Readonly<Record<string, Film>> = {
  'a film of one range, with a CRC': {
    traits: { chunks: 3, checksum: 'CRC64NVME' },
    which: 'every point',
  },
  'a film of two ranges': {
    traits: { chunks: 60 },
    which: isWhole ? 'every point' : 'two points of each kind (CRASH_POINTS=all: every point)',
    ...(!isWhole && { choose: ofEachKind }),
  },
};

/** Kills at one point, goes on, and says which promises were broken there. */
async function crashAt(traits: FilmTraits, point: Point, death: Death): Promise<string[]> {
  const world = await openCrashWorld(traits);
  const { promise: crashed, resolve: crash } = Promise.withResolvers<void>();
  const run: Started = world.start({
    meet(moment) {
      if (!isAt(point, moment)) return;
      death.dies(moment, run);
      crash();
    },
  });
  await inTime(crashed);
  const allowed = await death.allowed?.(world);
  const ends = [await death.goOn(world, run)];
  await inTime(run.result);
  const broken = await brokenPromises(world, ends, allowed);
  return broken.map((promise) => `${point.when} ${point.index} ${point.name}: ${promise}`);
}

describe.each(Object.entries(films))('%s', (film, { traits, which, choose = (all) => all }) => {
  it.each(Object.entries(deaths))(
    `arrives whole and once, at ${which}, when death takes %s`,
    async (what, death) => {
      const all = choose(await pointsOf(traits));
      const points = death.dies === wholeRun ? all : all.filter(({ isInFunction }) => isInFunction);
      const broken: string[] = [];
      for (const point of points) broken.push(...(await crashAt(traits, point, death)));
      console.log(`${film}, ${what}: ${points.length} points, ${broken.length} broken promises`);
      expect(points.length).toBeGreaterThan(80);
      expect(broken).toEqual([]);
    },
  );
});
