import { describe, expect, it } from 'vitest';
import { ManualClock } from '../harness/clock.ts';
import { serviceDefaults } from '../harness/port-harness.ts';
import { behavioursOf } from './behaviours.ts';
import { describeAdapter } from './destination-suite.ts';
import { openWithBug, plantedBugs } from './planted-bugs.ts';
import type { OpenWireService } from './wire/wire.ts';

/** Returns the behaviour of this title that the suite requires of an adapter. */
async function requirement(title: string, open: OpenWireService) {
  const { destination } = await open(new ManualClock(), serviceDefaults);
  const all = behavioursOf(() => describeAdapter('planted', destination.traits, open));
  const found = all.filter((behaviour) => behaviour.title === title);
  expect(found, `behaviours with the title "${title}"`).toHaveLength(1);
  return found[0];
}

/** `seven-bridges.test.ts` shows that the adapter without the bug has all behaviours. */
describe('the conformance suite', () => {
  it.each(plantedBugs)('notices $bug', async (bug) => {
    const behaviour = await requirement(bug.noticedBy, openWithBug(bug));
    await expect(Promise.resolve(behaviour?.run())).rejects.toThrow(bug.because);
  });
});
