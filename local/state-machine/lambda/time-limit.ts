import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import type { LocalStateMachine } from '#local/state-machine/definition/definition.ts';
import { isFields, type StateFields } from '#local/state-machine/definition/states.ts';
import { assumeValid, isValid } from '#local/state-machine/definition/valid-definitions.ts';

/**
 * Replaces the time limit of one function. Lambda's limit does not exist locally: a chunk may take an
 * hour on a slow connection.
 * @param seconds - the limit of the function and of the Task states that call it
 */
export function withTimeLimit(
  machine: LocalStateMachine,
  functionName: string,
  seconds: number,
): LocalStateMachine {
  const called = [...machine.functions].filter(([, { name }]) => name === functionName);
  const arns = new Set(called.map(([arn]) => arn));
  const functions = new Map(machine.functions);
  for (const [arn, deployed] of called)
    functions.set(arn, { ...deployed, timeoutSeconds: seconds });
  const limited = limitStates(machine.definition as unknown as StateFields, arns, seconds);
  const definition = limited as unknown as StateMachineDefinition;
  // Another number leaves a valid definition valid. Its validation would take 0.3 s of each local run.
  if (isValid(machine.definition)) assumeValid(definition);
  return { ...machine, functions, definition };
}

function limitStates(machine: StateFields, arns: ReadonlySet<string>, seconds: number) {
  const states = Object.entries(machine.States as Record<string, StateFields>);
  const limited = states.map(([name, state]) => [name, limitState(state, arns, seconds)] as const);
  return { ...machine, States: Object.fromEntries(limited) };
}

function limitState(state: StateFields, arns: ReadonlySet<string>, seconds: number): StateFields {
  if (arns.has(String(state.Resource))) return { ...state, TimeoutSeconds: seconds };
  if (!isFields(state.ItemProcessor)) return state;
  return { ...state, ItemProcessor: limitStates(state.ItemProcessor, arns, seconds) };
}
