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
}

/** The file that `npm run definition` writes. A test compares it with the stack. */
export const savedDefinition = new URL('deployed-definition.json', import.meta.url);

/**
 * Returns the deployed state machine. It is in a file, since synthesis would take two seconds and double
 * the memory of each local run.
 */
export function deployedDefinition(): LocalStateMachine {
  const saved: SavedStateMachine = JSON.parse(readFileSync(savedDefinition, 'utf8'));
  assumeValid(saved.definition);
  return { ...saved, functions: new Map(saved.functions) };
}

/** Returns the content of the file for a state machine. */
export function saveDefinition({ functions, ...machine }: LocalStateMachine): string {
  return `${JSON.stringify({ ...machine, functions: [...functions] }, null, 1)}\n`;
}
