import type { LocalStateMachine } from '#local/state-machine/definition.ts';
import { isFields, type StateFields } from '#local/state-machine/states.ts';
import { type CrashWorld, film, type Started, type Story } from './crash-world.ts';
import { inTime } from './fake-time.ts';

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
  return world.start({ ...story, name, input: given, machine: machineFrom(world.machine, state) });
}

const machines = new Map<string, LocalStateMachine>();

/** The machine as it begins at another state; kept, because a definition is checked once. */
function machineFrom(machine: LocalStateMachine, state: string): LocalStateMachine {
  const found = machines.get(state) ?? makeMachine(machine, state);
  machines.set(state, found);
  return found;
}

function makeMachine(machine: LocalStateMachine, state: string): LocalStateMachine {
  const states = statesOf(machine.definition);
  const again = state in states ? from(machine.definition, state) : inMap(states, state);
  const definition: unknown = { ...machine.definition, ...again };
  return { ...machine, definition: definition as LocalStateMachine['definition'] };
}

/** Without the states that can't be reached any more, which a definition must not have. */
function from(machine: unknown, start: string) {
  const states = statesOf(machine);
  const reached = new Set([start]);
  for (const name of reached) for (const next of nextOf(states[name])) reached.add(next);
  const kept = Object.entries(states).filter(([name]) => reached.has(name));
  return { ...(machine as object), StartAt: start, States: Object.fromEntries(kept) };
}

function nextOf(state: StateFields = {}): string[] {
  const { Next, Default, Choices = [], Catch = [] } = state;
  const branches = [...(Choices as StateFields[]), ...(Catch as StateFields[])];
  return [Next, Default, ...branches.map((branch) => branch.Next)].filter(
    (next) => typeof next === 'string',
  );
}

/** Its items are what is given: iterations that had ended do not run again. */
function inMap(states: Readonly<Record<string, StateFields>>, state: string) {
  for (const [name, map] of Object.entries(states)) {
    if (!isFields(map.ItemProcessor) || !(state in statesOf(map.ItemProcessor))) continue;
    const { ItemSelector: _, ...kept } = map;
    const ItemProcessor = from(map.ItemProcessor, state);
    const again = { ...kept, ItemsPath: '$.redriven', ItemProcessor };
    return from({ States: { ...states, [name]: again } }, name);
  }
  throw new Error(`the definition has no state ${state}`);
}

function statesOf(machine: unknown): Readonly<Record<string, StateFields>> {
  return (machine as { States: Record<string, StateFields> }).States;
}
