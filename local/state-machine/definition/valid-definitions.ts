import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { assertSupported } from './allowed-fields.ts';
import type { LocalStateMachine } from './definition.ts';

/** The valid definitions. The validator takes 0.5 s of CPU, so each definition is validated once. */
const valid = new WeakSet<StateMachineDefinition>();

export function isValid(definition: StateMachineDefinition): boolean {
  return valid.has(definition);
}

/** Skips the validation of the deployed definition, which a test validates, or of a part of it. */
export function assumeValid(definition: StateMachineDefinition): void {
  valid.add(definition);
}

/**
 * Checks a definition against the language and against what the interpreter supports.
 * @throws ConfigurationError - the definition is invalid or has an unsupported field
 */
export function validateDefinition({ definition, functions, nested }: LocalStateMachine): void {
  assertSupported(definition, new Set(functions.keys()), new Set(nested.keys()));
  try {
    // The validator adds fields to the definition.
    new StateMachine(structuredClone(definition));
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new TransferError('ConfigurationError', text, { cause });
  }
  valid.add(definition);
}
