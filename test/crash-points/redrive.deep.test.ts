import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExecutionResult } from '#local/state-machine/run.ts';
import { fakeTime, restoreTime, untilSettled } from '../harness/clock.ts';
import { type CrashHarness, type FilmTraits, openCrashHarness } from './support/crash-harness.ts';
import type { Moment, OnMoment } from './support/moments.ts';
import { type Allowed, brokenLateEnd, brokenPromises, stateOf } from './support/promises.ts';
import { type Aborted, abortAtEntry, type Entry, redrive } from './support/redrive.ts';
import { shortStacks } from './support/short-stacks.ts';

beforeEach(fakeTime);
beforeEach(shortStacks);
afterEach(restoreTime);

const traits: FilmTraits = { chunks: 3 };

/** Acts between the abort and the redrive; returns the broken guarantees. */
type Scenario = (harness: CrashHarness, aborted: Aborted) => Promise<string[]>;

const scenarios: Readonly<Record<string, Scenario>> = {
  'at once': async (harness, aborted) => {
    const end = await untilSettled(redrive(harness, aborted).result);
    return brokenPromises(harness, [end]);
  },
  'after the reconciler has closed it': async (harness, aborted) => {
    const allowed: Allowed = { failed: (await stateOf(harness)) === 'ready' ? 0 : 1 };
    await untilSettled(harness.reconcileAborted(aborted.run));
    const end = await untilSettled(redrive(harness, aborted).result);
    return brokenPromises(harness, [end], allowed);
  },
  'after a new execution has ended': async (harness, aborted) => {
    const second = await untilSettled(harness.start().result);
    const late = await untilSettled(redrive(harness, aborted).result);
    return checkLate(harness, late, second);
  },
  'while a new execution sends': async (harness, aborted) => {
    let late: Promise<ExecutionResult> | undefined;
    const onMoment = ({ name }: Moment) => {
      if (name === 'store.claimRange') late ??= redrive(harness, aborted).result;
    };
    const second = await untilSettled(harness.start({ onMoment }).result);
    return checkLate(harness, await untilSettled(late ?? redrive(harness, aborted).result), second);
  },
};

async function checkLate(
  harness: CrashHarness,
  late: ExecutionResult,
  second: ExecutionResult,
): Promise<string[]> {
  return [...brokenLateEnd(late), ...(await brokenPromises(harness, [late, second]))];
}

/** Returns the faults of one execution. */
type Faults = () => OnMoment;

const noFaults: Faults = () => () => {};

/** The first sender dies before it releases its range, so the range waits and is called again. */
const senderDies: Faults = () => {
  let isDead = false;
  return ({ name, when, process }) => {
    if (isDead || name !== 'store.releaseRange' || when === 'after') return;
    isDead = true;
    process?.die('Runtime.ExitError');
  };
};

const runs: Readonly<Record<string, { readonly faults: Faults; readonly enters: string[] }>> = {
  'an execution': { faults: noFaults, enters: ['SendChunks', 'ConfirmUpload', 'Ended'] },
  'an execution whose range is called again': {
    faults: senderDies,
    enters: ['ContinueRanges', 'ChooseNextRangeStep', 'WaitToSend', 'ContinueRange', 'RangeEnded'],
  },
};

/** Returns every state entry of a run. */
async function entriesOf(faults: Faults): Promise<Entry['state'][]> {
  const harness = await openCrashHarness(traits);
  const states: string[] = [];
  const run = harness.start({
    onMoment: faults(),
    onEvent: (event) => void (event.type === 'StateEntered' && states.push(event.state.name)),
  });
  expect(await brokenPromises(harness, [await untilSettled(run.result)])).toEqual([]);
  return states;
}

async function redriveAt(
  n: number,
  state: string,
  scenario: Scenario,
  faults: Faults,
): Promise<string[]> {
  const harness = await openCrashHarness(traits);
  const aborted = await abortAtEntry(harness, n, faults());
  expect(aborted.entry.state).toBe(state);
  const broken = await scenario(harness, aborted);
  return broken.map((promise) => `entry ${n}, ${state}: ${promise}`);
}

describe.each(Object.entries(runs))(
  '%s that was aborted at the entry of a state',
  (what, { faults, enters }) => {
    it.each(Object.entries(scenarios))(
      'can enter any state again with its recorded input %s',
      async (when, scenario) => {
        const states = await entriesOf(faults);
        const broken: string[] = [];
        for (const [i, state] of states.entries())
          broken.push(...(await redriveAt(i + 1, state, scenario, faults)));
        const different = new Set(states).size;
        console.log(
          `redrives of ${what}, ${when}: ${states.length} entries of ${different} states, ${broken.length} broken promises`,
        );
        expect(states).toEqual(expect.arrayContaining(enters));
        expect(different).toBeGreaterThan(12);
        expect(broken).toEqual([]);
      },
    );
  },
);
