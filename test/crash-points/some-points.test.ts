import { afterEach, beforeEach, expect, it } from 'vitest';
import { fakeTime, restoreTime } from '../harness/clock.ts';
import { crashAt, crashes, pointsFor } from './support/crash-at.ts';
import { serviceFaults } from './support/service-faults.ts';
import { shortStacks } from './support/short-stacks.ts';

/** Each fault with another kind of crash. every-point.deep.test.ts crosses all of them at all points. */
const sample = Object.values(crashes).map((how, i) => [serviceFaults[i], how] as const);

beforeEach(fakeTime);
beforeEach(shortStacks);
afterEach(restoreTime);

it.each(sample)('a film that meets this fault and a crash arrives once: %s', async (fault, how) => {
  const traits = { chunks: 3, fault };
  const points = await pointsFor(how, traits);
  // The reply to a PUT of the faulty chunk, and a moment before the end.
  const [atFault] = points.filter(({ name, when }) => name === 'http put 2' && when === 'after');
  const later = points.at(-10);
  for (const point of [atFault, later])
    expect(point && (await crashAt(traits, point, how))).toEqual([]);
});
