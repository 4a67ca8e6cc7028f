import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeTime, restoreTime, untilSettled } from '../harness/clock.ts';
import { type FilmTraits, openCrashHarness } from './support/crash-harness.ts';
import type { Moment } from './support/moments.ts';
import { brokenPromises } from './support/promises.ts';
import { type Entry, redrive } from './support/redrive.ts';

beforeEach(fakeTime);
afterEach(restoreTime);

const traits: FilmTraits = { chunks: 3 };

/** Runs an execution in which every call of the given functions dies; returns its end and last state. */
async function failWith(functions: readonly string[]) {
  const harness = await openCrashHarness(traits);
  const entries: Entry[] = [];
  const run = harness.start({
    onMoment({ name, when, process }: Moment) {
      const mustDie = functions.some((one) => name === `lambda ${one}`);
      if (mustDie && when === 'before') process?.die('Runtime.ExitError');
    },
    onEvent(event) {
      if (event.type !== 'StateEntered') return;
      const { name: state, input } = event.state;
      entries.push({ state, input, mapInput: undefined });
    },
  });
  const end = await untilSettled(run.result);
  return { harness, run, end, entry: entries.at(-1) as Entry };
}

describe.each([
  { state: 'Failed', functions: ['OpenSession'], failed: 1 },
  { state: 'OutcomeNotRecorded', functions: ['OpenSession', 'RecordOutcome'], failed: 0 },
  { state: 'OutcomeNotRecorded', functions: ['RecordOutcome'], failed: 0 },
])('an execution that reached $state', ({ state, functions, failed }) => {
  it('names a new execution as the next step', async () => {
    const { end, entry } = await failWith(functions);
    expect(entry.state).toBe(state);
    expect(end.status).toBe('FAILED');
    expect(end.cause).toMatch(/start a new execution with the same input/i);
  });

  it('fails the same way after a redrive, and a new execution transfers the film', async () => {
    const { harness, run, end, entry } = await failWith(functions);
    const again = await untilSettled(redrive(harness, { run, entry }).result);
    expect(again).toMatchObject({ status: 'FAILED', error: end.error, cause: end.cause });
    const last = await untilSettled(harness.start().result);
    expect(await brokenPromises(harness, [last], { failed })).toEqual([]);
  });
});
