import { readFileSync } from 'node:fs';
import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import type { LocalStateMachine } from './definition.ts';
import type { LocalFunction } from './template.ts';
import { assumeValid } from './valid-definitions.ts';

/** A state machine as JSON: the part of the stack that a local run needs. */
export interface SavedStateMachine {
  readonly logicalId: string;
  readonly definition: StateMachineDefinition;
  readonly functions: readonly (readonly [arn: string, deployed: LocalFunction])[];
  readonly nested: readonly (readonly [arn: string, started: SavedStateMachine])[];
}

/** The file that `npm run definition` writes. A test compares it with the stack. */
export const savedDefinition = new URL('deployed-definition.json', import.meta.url);

/**
 * Returns the deployed state machine. It is in a file, since synthesis would take two seconds and double
 * the memory of each local run.
 */
export function deployedDefinition(): LocalStateMachine {
  return fromSaved(JSON.parse(readFileSync(savedDefinition, 'utf8')));
}

/** Returns a state machine from its JSON. Its definition was validated when it was saved. */
export function fromSaved({ functions, nested, ...machine }: SavedStateMachine): LocalStateMachine {
  assumeValid(machine.definition);
  return {
    ...machine,
    functions: new Map(functions),
    nested: new Map(nested.map(([arn, started]) => [arn, fromSaved(started)])),
  };
}

/** Returns the content of the file for a state machine. */
export function saveDefinition(machine: LocalStateMachine): string {
  return `${JSON.stringify(toSaved(machine), null, 1)}\n`;
}

function toSaved({ functions, nested, ...machine }: LocalStateMachine): SavedStateMachine {
  return {
    ...machine,
    functions: [...functions],
    nested: [...nested].map(([arn, started]) => [arn, toSaved(started)]),
  };
}
