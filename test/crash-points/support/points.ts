import { expect } from 'vitest';
import { type CrashWorld, type FilmTraits, openCrashWorld } from './crash-harness.ts';
import { inTime } from '../../harness/fake-time.ts';
import type { Moment } from './moments.ts';
import { brokenPromises } from './promises.ts';

/** A moment of a normal run at which something can go wrong. */
export interface Point extends Pick<Moment, 'index' | 'when' | 'name'> {
  /** Whether a function is at work then, rather than the state machine. */
  readonly isInFunction: boolean;
}

/** Every point of a normal run: just before and just after each effect that others can see. */
export async function pointsOf(traits: FilmTraits): Promise<Point[]> {
  const world = await openCrashWorld(traits);
  const points: Point[] = [];
  const run = world.start({
    meet({ index, when, name, process }) {
      points.push({ index, when, name, isInFunction: process !== undefined });
    },
  });
  expect(await brokenPromises(world, [await inTime(run.result)])).toEqual([]);
  expect(sendsIn(world)).toBe(traits.chunks);
  return points;
}

/** PUTs that reached the service. */
export function sendsIn({ asked }: CrashWorld): number {
  return asked.filter(({ operation }) => operation === 'put').length;
}

/** Whether a moment is the one that a point of the normal run is. */
export function isAt(point: Point, { index, when, name }: Moment): boolean {
  if (index !== point.index || when !== point.when) return false;
  expect(name).toBe(point.name);
  return true;
}

/** Of each kind of moment the first and the last; chunks and rounds make no other kind. */
export function ofEachKind(points: readonly Point[]): Point[] {
  const kinds = Map.groupBy(points, ({ when, name }) => `${when} ${name.replace(/[\d ]+$/, '')}`);
  const chosen = [...kinds.values()].flatMap((same) => [0, -1].map((at) => same.at(at) as Point));
  return points.filter((point) => chosen.includes(point));
}
