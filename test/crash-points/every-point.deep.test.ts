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
import type { Moment } from './support/moments.ts';
import { isAt, type Point, pointsOf } from './support/points.ts';
import { type Allowed, brokenPromises, stateOf } from './support/promises.ts';
import { shortStacks } from './support/short-stacks.ts';

/** What is killed at a point, and how the transfer continues. */
interface Crash {
  readonly kill: (moment: Moment, run: Started) => void;
  readonly resume: (harness: CrashHarness, run: Started) => Promise<ExecutionResult>;
  readonly allowed?: (harness: CrashHarness) => Promise<Allowed>;
}

const wholeRun = (_: Moment, run: Started) => run.killAll();

const startAgain = (harness: CrashHarness) => untilSettled(harness.start().result);

const crashes: Readonly<Record<string, Crash>> = {
  'the whole run, and a new execution starts': { kill: wholeRun, resume: startAgain },
  'the whole run, the reconciler closes it, and a new execution starts': {
    kill: wholeRun,
    async resume(harness, run) {
      await untilSettled(harness.reconcileAborted(run));
      return startAgain(harness);
    },
    allowed: async (harness) => ({ failed: (await stateOf(harness)) === 'ready' ? 0 : 1 }),
  },
  'the whole run, its status is unknown, and a new execution starts after its lease': {
    kill: wholeRun,
    async resume(harness) {
      harness.isDirectoryUnavailable = true;
      skipTime((leaseSeconds + 1) * 1000);
      const end = await startAgain(harness);
      // The slot of the dead execution has expired; the sweep removes its row.
      await untilSettled(harness.sweep());
      return end;
    },
  },
  'one function, and the state machine calls it again': {
    kill: ({ process }) => process?.die('Runtime.ExitError'),
    resume: (_, run) => untilSettled(run.result),
  },
};

const films: Readonly<Record<string, FilmTraits>> = {
  'a film of one range, with a CRC': { chunks: 3, checksum: 'CRC32C' },
  'a film of two ranges': { chunks: 60 },
  'a film with a wrong ETag, whose chunk is sent again': { chunks: 3, fault: 'wrong ETag' },
  'a film with a proof conflict': { chunks: 3, fault: 'proof conflict' },
  'a film of one range, with two pages of URLs and two reports': { chunks: 60, rangesAtOnce: 1 },
};

/** Kills at one point, resumes, and returns the broken guarantees. */
async function crashAt(traits: FilmTraits, point: Point, how: Crash): Promise<string[]> {
  const harness = await openCrashHarness(traits);
  const { promise: crashed, resolve: crash } = Promise.withResolvers<void>();
  const run: Started = harness.start({
    onMoment(moment) {
      if (!isAt(point, moment)) return;
      how.kill(moment, run);
      crash();
    },
  });
  await untilSettled(crashed);
  const allowed = await how.allowed?.(harness);
  const ends = [await how.resume(harness, run)];
  await untilSettled(run.result);
  const broken = await brokenPromises(harness, ends, allowed);
  return broken.map((promise) => `${point.when} ${point.index} ${point.name}: ${promise}`);
}

beforeEach(fakeTime);
beforeEach(shortStacks);
afterEach(restoreTime);

describe.each(Object.entries(films))('%s', (film, traits) => {
  it.each(Object.entries(crashes))(
    'arrives complete and once after a crash of %s',
    async (what, how) => {
      const all = await pointsOf(traits);
      const points = how.kill === wholeRun ? all : all.filter(({ isInFunction }) => isInFunction);
      const broken: string[] = [];
      for (const point of points) broken.push(...(await crashAt(traits, point, how)));
      console.log(`${film}, ${what}: ${points.length} points, ${broken.length} broken promises`);
      expect(points.length).toBeGreaterThan(80);
      expect(broken).toEqual([]);
    },
  );
});
