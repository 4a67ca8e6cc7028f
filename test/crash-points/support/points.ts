import { expect } from 'vitest';
import { untilSettled } from '../../harness/clock.ts';
import { type CrashHarness, type FilmTraits, openCrashHarness } from './crash-harness.ts';
import type { Moment } from './moments.ts';
import { brokenPromises } from './promises.ts';

/** A moment of a normal run at which a fault can occur. */
export interface Point extends Pick<Moment, 'index' | 'when' | 'name'> {
  /** Whether the moment is in a function; otherwise it is in the state machine. */
  readonly isInFunction: boolean;
}

/** Returns every point of an uninterrupted run: before and after each externally visible effect. */
export async function pointsOf(traits: FilmTraits): Promise<Point[]> {
  const harness = await openCrashHarness(traits);
  const points: Point[] = [];
  const run = harness.start({
    onMoment({ index, when, name, process }) {
      points.push({ index, when, name, isInFunction: process !== undefined });
    },
  });
  expect(await brokenPromises(harness, [await untilSettled(run.result)])).toEqual([]);
  expect(harness.simulation.service.context.faults.pending()).toEqual([]);
  expect(countPuts(harness)).toBe(traits.chunks + putsAgain(traits));
  const conflicts = harness.simulation.captured.logged.filter((line) =>
    line.startsWith('another proof was stored first'),
  );
  expect(conflicts).toHaveLength(traits.fault === 'proof conflict' ? 1 : 0);
  return points;
}

/** Returns how many PUTs a fault adds to a run. A new session gets every chunk, also those of the lost one. */
function putsAgain({ chunks, fault }: FilmTraits): number {
  // The PUT of chunk 2 that lost it, and chunk 1, which may have no second PUT.
  if (fault === 'lost session') return chunks - 1;
  const isRejected = fault === 'expired URL' || fault === '429 of the upload host';
  return fault === 'wrong ETag' || isRejected ? 1 : 0;
}

/** Returns the number of PUTs that reached the service. */
export function countPuts({ requests }: CrashHarness): number {
  return requests.filter(({ operation }) => operation === 'put').length;
}

/** Whether a moment is the given point of the normal run. */
export function isAt(
  point: Pick<Point, 'index' | 'when' | 'name'>,
  { index, when, name }: Moment,
): boolean {
  if (index !== point.index || when !== point.when) return false;
  expect(name).toBe(point.name);
  return true;
}
