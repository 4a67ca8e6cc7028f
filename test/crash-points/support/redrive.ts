import { type FirstStart, machineFrom, statesOf } from '../../harness/redriven-machine.ts';
import { type CrashWorld, film, type Started, type Story } from './crash-harness.ts';
import { inTime } from '../../harness/fake-time.ts';

/** One entry of a state in an execution's history. */
export interface Entry {
  readonly state: string;
  /** As the history records it. */
  readonly input: unknown;
  /** Of a state inside a Map: the Map's own input. */
  readonly mapInput: unknown;
}

/** An execution that was aborted as it entered a state. */
export interface Aborted {
  readonly run: Started;
  readonly entry: Entry;
}

/** Aborts an execution at its n-th entry of a state, counted from 1; what it has called goes on. */
export async function abortAtEntry(world: CrashWorld, n: number): Promise<Aborted> {
  const { promise: reached, resolve: reach } = Promise.withResolvers<Entry>();
  let mapInput: unknown;
  let entered = 0;
  const run: Started = world.start({
    onEvent(event) {
      if (event.type !== 'StateEntered') return;
      const { name: state, type, input } = event.state;
      if (type === 'Map') mapInput = input;
      if (++entered !== n) return;
      run.kill();
      reach({ state, input, mapInput });
    },
  });
  const entry = await inTime(reached);
  await inTime(run.idle());
  return { run, entry };
}

/**
 * Goes on with an aborted execution as a redrive does: under its name, at the state in which it was
 * stopped, with the input that its history records of it; inside a Map, at that state of the iteration.
 */
export function redrive(world: CrashWorld, { run, entry }: Aborted, story: Story = {}): Started {
  const { state, input, mapInput } = entry;
  const isInMap = !(state in statesOf(world.machine.definition));
  const name = run.executionArn.split(':').at(-1);
  const given = isInMap ? { ...(mapInput as object), redriven: [input] } : (input ?? film);
  const machine = machineFrom(world.machine, state);
  const since = world.judged.executions.all.get(run.executionArn) as FirstStart;
  return world.start({ ...story, name, input: given, machine, since });
}
