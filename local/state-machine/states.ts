import type { StateMachineDefinition } from 'aws-local-stepfunctions';

/** A state as its definition writes it, whatever fields it has. */
export type StateFields = Readonly<Record<string, unknown>>;

/** A state with its name and the Map it stands in, if any. */
export interface NamedState {
  readonly name: string;
  readonly state: StateFields;
  readonly map: string | undefined;
}

/** All states of a definition, those inside a Map after the Map. */
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

/** Whether a JSON value is an object. */
export function isFields(value: unknown): value is StateFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
