import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FilmTraits, openCrashWorld } from './support/crash-harness.ts';
import { fakeTime, giveTimeBack, inTime } from '../harness/fake-time.ts';
import type { Moment } from './support/moments.ts';
import { brokenPromises } from './support/promises.ts';
import { type Entry, redrive } from './support/redrive.ts';

beforeEach(fakeTime);
afterEach(giveTimeBack);

const traits: FilmTraits = { chunks: 3 };

/** Runs an execution in which every call of some functions dies; gives its end and its last state. */
async function failWith(functions: readonly string[]) {
  const world = await openCrashWorld(traits);
  const entries: Entry[] = [];
  const run = world.start({
    meet({ name, when, process }: Moment) {
      const isDoomed = functions.some((one) => name === `lambda ${one}`);
      if (isDoomed && when === 'before') process?.die('Runtime.ExitError');
    },
    onEvent(event) {
      if (event.type !== 'StateEntered') return;
      const { name: state, input } = event.state;
      entries.push({ state, input, mapInput: undefined });
    },
  });
  const end = await inTime(run.result);
  return { world, run, end, entry: entries.at(-1) as Entry };
}

describe.each([
  { state: 'Failed', functions: ['OpenSession'], failed: 1 },
  { state: 'FailedUnrecorded', functions: ['OpenSession', 'RecordOutcome'], failed: 0 },
  { state: 'OutcomeNotRecorded', functions: ['RecordOutcome'], failed: 0 },
])('an execution that reached $state', ({ state, functions, failed }) => {
  it('says to start a new one', async () => {
    const { end, entry } = await failWith(functions);
    expect(entry.state).toBe(state);
    expect(end.status).toBe('FAILED');
    expect(end.cause).toMatch(/start a new execution with the same input/i);
  });

  it('fails in the same way when it is redriven, and a new one brings the film over', async () => {
    const { world, run, end, entry } = await failWith(functions);
    const again = await inTime(redrive(world, { run, entry }).result);
    expect(again).toMatchObject({ status: 'FAILED', error: end.error, cause: end.cause });
    const last = await inTime(world.start().result);
    expect(await brokenPromises(world, [last], { failed })).toEqual([]);
  });
});
