import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeTime, restoreTime } from '../../harness/clock.ts';
import { crashAt, crashes, pointsFor } from './crash-at.ts';
import type { FilmTraits } from './crash-harness.ts';
import { shortStacks } from './short-stacks.ts';

/** Kills the transfer of each film at each of its crash points. Minutes of CPU: a file has a few films. */
export function describeEveryPoint(films: Readonly<Record<string, FilmTraits>>): void {
  beforeEach(fakeTime);
  beforeEach(shortStacks);
  afterEach(restoreTime);

  describe.each(Object.entries(films))('%s', (film, traits) => {
    it.each(Object.entries(crashes))(
      'arrives complete and once after a crash of %s',
      async (what, how) => {
        const points = await pointsFor(how, traits);
        const broken: string[] = [];
        for (const point of points) broken.push(...(await crashAt(traits, point, how)));
        console.log(`${film}, ${what}: ${points.length} points, ${broken.length} broken promises`);
        expect(points.length).toBeGreaterThan(80);
        expect(broken).toEqual([]);
      },
    );
  });
}
