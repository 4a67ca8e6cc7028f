import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExecutionResult } from '#local/state-machine/run.ts';
import { type CrashWorld, type FilmTraits, openCrashWorld } from './support/crash-harness.ts';
import { fakeTime, giveTimeBack, inTime } from '../harness/fake-time.ts';
import type { Moment } from './support/moments.ts';
import { type Allowed, brokenPromises, lateEndBroken, stateOf } from './support/promises.ts';
import { type Aborted, abortAtEntry, type Entry, redrive } from './support/redrive.ts';

beforeEach(fakeTime);
afterEach(giveTimeBack);

const traits: FilmTraits = { chunks: 3 };

/** What comes between the abort and the redrive; gives what is broken by then or at the end. */
type Story = (world: CrashWorld, aborted: Aborted) => Promise<string[]>;

const stories: Readonly<Record<string, Story>> = {
  'at once': async (world, aborted) => {
    const end = await inTime(redrive(world, aborted).result);
    return brokenPromises(world, [end]);
  },
  'after the reconciler has settled it': async (world, aborted) => {
    const allowed: Allowed = { failed: (await stateOf(world)) === 'ready' ? 0 : 1 };
    await inTime(world.settle(aborted.run));
    const end = await inTime(redrive(world, aborted).result);
    return brokenPromises(world, [end], allowed);
  },
  'after a new execution has ended': async (world, aborted) => {
    const second = await inTime(world.start().result);
    const late = await inTime(redrive(world, aborted).result);
    return judgeLate(world, late, second);
  },
  'while a new execution sends': async (world, aborted) => {
    let late: Promise<ExecutionResult> | undefined;
    const meet = ({ name }: Moment) => {
      if (name === 'store.claimRange') late ??= redrive(world, aborted).result;
    };
    const second = await inTime(world.start({ meet }).result);
    return judgeLate(world, await inTime(late ?? redrive(world, aborted).result), second);
  },
};

async function judgeLate(
  world: CrashWorld,
  late: ExecutionResult,
  second: ExecutionResult,
): Promise<string[]> {
  return [...lateEndBroken(late), ...(await brokenPromises(world, [late, second]))];
}

/** Every entry of a state in a normal run. */
async function entriesOf(): Promise<Entry['state'][]> {
  const world = await openCrashWorld(traits);
  const states: string[] = [];
  const run = world.start({
    onEvent: (event) => void (event.type === 'StateEntered' && states.push(event.state.name)),
  });
  expect(await brokenPromises(world, [await inTime(run.result)])).toEqual([]);
  return states;
}

async function redriveAt(n: number, state: string, story: Story): Promise<string[]> {
  const world = await openCrashWorld(traits);
  const aborted = await abortAtEntry(world, n);
  expect(aborted.entry.state).toBe(state);
  const broken = await story(world, aborted);
  return broken.map((promise) => `entry ${n}, ${state}: ${promise}`);
}

describe('an execution that was aborted as it entered a state', () => {
  it.each(Object.entries(stories))(
    'can enter it again with its recorded input %s, whichever it is',
    async (what, story) => {
      const states = await entriesOf();
      const broken: string[] = [];
      for (const [i, state] of states.entries())
        broken.push(...(await redriveAt(i + 1, state, story)));
      const different = new Set(states).size;
      console.log(
        `redrives, ${what}: ${states.length} entries of ${different} states, ${broken.length} broken promises`,
      );
      expect(different).toBeGreaterThan(12);
      expect(broken).toEqual([]);
    },
  );
});
