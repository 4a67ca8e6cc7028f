import type { LocalStateMachine } from '#local/state-machine/definition/definition.ts';
import { deployedDefinition } from '#local/state-machine/definition/deployed-definition.ts';

let machine: LocalStateMachine | undefined;

/** Returns the deployed state machine. Read once per process: the interpreter validates it once. */
export function deployedMachine(): LocalStateMachine {
  machine ??= deployedDefinition();
  return machine;
}
