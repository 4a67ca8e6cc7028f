import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeTime, restoreTime } from '../harness/clock.ts';
import { crashAt, crashes, pointsFor } from './support/crash-at.ts';
import type { FilmTraits } from './support/crash-harness.ts';
import { serviceFaults } from './support/service-faults.ts';
import { shortStacks } from './support/short-stacks.ts';

const films: Readonly<Record<string, FilmTraits>> = {
  'a film of one range, with a CRC': { chunks: 3, checksum: 'CRC32C' },
  'a film of two ranges': { chunks: 60 },
  'a film with a wrong ETag, whose chunk is sent again': { chunks: 3, fault: 'wrong ETag' },
  'a film with a proof conflict': { chunks: 3, fault: 'proof conflict' },
  'a film of one range, with two pages of URLs and two reports': { chunks: 60, rangesAtOnce: 1 },
  ...Object.fromEntries(
    serviceFaults.map((fault) => [`a film, with this fault: ${fault}`, { chunks: 3, fault }]),
  ),
};

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
