import type { StateMachineDefinition } from 'aws-local-stepfunctions';

/** The fields of a state in a definition. */
export type StateFields = Readonly<Record<string, unknown>>;

/** A state with its name and the Map that contains it, if any. */
export interface NamedState {
  readonly name: string;
  readonly state: StateFields;
  readonly map: string | undefined;
}

/** Returns all states of a definition. The states of a Map follow the Map. */
export function allStates(definition: StateMachineDefinition): NamedState[] {
  return statesOf(definition as unknown as StateFields, undefined);
}

function statesOf(machine: StateFields, map: string | undefined): NamedState[] {
  return Object.entries((machine.States ?? {}) as Record<string, StateFields>).flatMap(
    ([name, state]) => [
      { name, state, map },
      ...(isFields(state.ItemProcessor) ? statesOf(state.ItemProcessor, name) : []),
    ],
  );
}

/** Returns whether a JSON value is an object. */
export function isFields(value: unknown): value is StateFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the value at a plain path, such as `$.wait.seconds`. Undefined if there is none. */
export function valueAt(path: string, input: unknown): unknown {
  const names = path.match(/[\w-]+/g) ?? [];
  return names.reduce<unknown>((value, name) => (Object(value) as StateFields)[name], input);
}
