import type { LocalStateMachine } from '#local/state-machine/definition/definition.ts';
import type { LocalFunction } from '#local/state-machine/definition/template.ts';

/** Returns the functions that a state machine and the state machines that it starts call, by ARN. */
export function deployedFunctions({
  functions,
  nested,
}: LocalStateMachine): ReadonlyMap<string, LocalFunction> {
  return new Map([
    ...functions,
    ...[...nested.values()].flatMap((one) => [...deployedFunctions(one)]),
  ]);
}
