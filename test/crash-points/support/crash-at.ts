import type { ExecutionResult } from '#local/state-machine/run.ts';
import { leaseSeconds } from '#src/core/limits/limits.ts';
import { skipTime, untilSettled } from '../../harness/clock.ts';
import {
  type CrashHarness,
  type FilmTraits,
  openCrashHarness,
  type Started,
} from './crash-harness.ts';
import type { Moment } from './moments.ts';
import { isAt, type Point, pointsOf } from './points.ts';
import { type Allowed, brokenPromises, stateOf } from './promises.ts';

/** What is killed at a point, and how the transfer continues. */
export interface Crash {
  readonly kill: (moment: Moment, run: Started) => void;
  readonly resume: (harness: CrashHarness, run: Started) => Promise<ExecutionResult>;
  readonly allowed?: (harness: CrashHarness) => Promise<Allowed>;
}

const wholeRun = (_: Moment, run: Started) => run.killAll();

const startAgain = (harness: CrashHarness) => untilSettled(harness.start().result);

/** Every kind of crash. */
export const crashes: Readonly<Record<string, Crash>> = {
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

/** Kills at one point, continues, and returns the broken guarantees. */
export async function crashAt(traits: FilmTraits, point: Point, how: Crash): Promise<string[]> {
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

/** Returns the points at which a kind of crash can happen: a function dies only while it runs. */
export async function pointsFor(how: Crash, traits: FilmTraits): Promise<Point[]> {
  const all = await pointsOf(traits);
  return how.kill === wholeRun ? all : all.filter(({ isInFunction }) => isInFunction);
}
