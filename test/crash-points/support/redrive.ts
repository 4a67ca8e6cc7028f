import { untilSettled } from '../../harness/clock.ts';
import { type FirstStart, machineFrom, statesOf } from '../../harness/machine.ts';
import { type CrashHarness, film, type RunOptions, type Started } from './crash-harness.ts';
import type { OnMoment } from './moments.ts';

/** One entry of a state in an execution's history. */
export interface Entry {
  readonly state: string;
  /** The input in the history. */
  readonly input: unknown;
  /** The input of the Map, for a state inside a Map. */
  readonly mapInput: unknown;
}

/** An execution that was aborted at the entry of a state. */
export interface Aborted {
  readonly run: Started;
  readonly entry: Entry;
}

/**
 * Aborts an execution at its n-th state entry, counted from 1. Running functions continue.
 * @param onMoment - the faults of the execution
 */
export async function abortAtEntry(
  harness: CrashHarness,
  n: number,
  onMoment: OnMoment,
): Promise<Aborted> {
  const { promise: reached, resolve: reach } = Promise.withResolvers<Entry>();
  let mapInput: unknown;
  let entered = 0;
  const run: Started = harness.start({
    onMoment,
    onEvent(event) {
      if (event.type !== 'StateEntered') return;
      const { name: state, type, input } = event.state;
      if (type === 'Map') mapInput = input;
      if (++entered !== n) return;
      run.kill();
      reach({ state, input, mapInput });
    },
  });
  const entry = await untilSettled(reached);
  await untilSettled(run.idle());
  return { run, entry };
}

/**
 * Redrives an aborted execution under its name, at its last state with the state's recorded input.
 * Inside a Map, it continues at that state of the iteration.
 */
export function redrive(
  harness: CrashHarness,
  { run, entry }: Aborted,
  options: RunOptions = {},
): Started {
  const { state, input, mapInput } = entry;
  const isInMap = !(state in statesOf(harness.machine.definition));
  const name = run.executionArn.split(':').at(-1);
  const redriveInput = isInMap ? { ...(mapInput as object), redriven: [input] } : (input ?? film);
  const machine = machineFrom(harness.machine, state);
  const since = harness.simulation.executions.all.get(run.executionArn) as FirstStart;
  return harness.start({ ...options, name, input: redriveInput, machine, since });
}
