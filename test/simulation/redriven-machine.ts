import type { LocalStateMachine } from '#local/state-machine/definition.ts';
import type { LambdaHandler } from '#local/state-machine/lambda-runtime.ts';
import { isFields, type StateFields } from '#local/state-machine/states.ts';

/** What stays of an execution's start when it is redriven; the interpreter takes both for new. */
export interface FirstStart {
  /** In ms since 1970. */
  readonly startedAt: number;
  readonly input: unknown;
}

/** Handlers as a redriven execution calls them: told of its first start, as Step Functions does. */
export function handlersSince(
  handlers: Readonly<Record<string, LambdaHandler>>,
  { startedAt, input }: FirstStart,
): Readonly<Record<string, LambdaHandler>> {
  const first = { startedAt: new Date(startedAt).toISOString(), input };
  const told = (handler: LambdaHandler): LambdaHandler => {
    return (payload: object, context) => {
      const fields = Object.entries(first).filter(([field]) => field in payload);
      return handler({ ...payload, ...Object.fromEntries(fields) } as never, context);
    };
  };
  return Object.fromEntries(
    Object.entries(handlers).map(([name, handler]) => [name, told(handler)]),
  );
}

const machines = new Map<string, LocalStateMachine>();

/** The machine as it begins at another state; kept, because a definition is checked once. */
export function machineFrom(machine: LocalStateMachine, state: string): LocalStateMachine {
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

/** The states of a machine, or of an item processor, by name. */
export function statesOf(machine: unknown): Readonly<Record<string, StateFields>> {
  return (machine as { States: Record<string, StateFields> }).States;
}
