import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { jsonText } from '#local/state-machine/definition/field-rules.ts';
import { maxTimerSeconds } from '#local/state-machine/definition/service-limits.ts';
import { type StateFields, valueAt } from '#local/state-machine/definition/states.ts';
import type { RunEnding } from '#local/state-machine/lambda/run-ending.ts';

/** Builds the output of a Pass state from its input. */
export type TextTask = (input: unknown) => Promise<unknown>;

/** A definition without JSON texts, and the tasks that replace the states with one. */
export interface ReplacedTexts {
  readonly definition: StateMachineDefinition;
  /** By state name. */
  readonly tasks: Readonly<Record<string, TextTask>>;
}

/** An arbitrary function ARN: the interpreter selects the task by the state's name. */
const textResource = 'arn:aws:lambda:us-east-1:000000000000:function:text';

/**
 * Replaces each Pass state that writes a field as JSON text by a task. The interpreter removes every
 * backslash from the text of an intrinsic function, so its JSON would be invalid.
 */
export function replaceJsonTexts(
  definition: StateMachineDefinition,
  ending: RunEnding,
): ReplacedTexts {
  const states = definition.States as unknown as Readonly<Record<string, StateFields>>;
  const texts = Object.entries(states).filter(([, state]) => hasJsonText(state));
  const replaced = texts.map(([name, { Parameters: _, ...others }]) => [
    name,
    { ...others, Type: 'Task', Resource: textResource, TimeoutSeconds: maxTimerSeconds },
  ]);
  const tasks = texts.map(([name, { Parameters }]): [string, TextTask] => [
    name,
    (input) => ending.guard(async () => outputOf(Parameters as StateFields, input)),
  ]);
  return {
    definition: {
      ...definition,
      States: { ...definition.States, ...Object.fromEntries(replaced) },
    },
    tasks: Object.fromEntries(tasks),
  };
}

function hasJsonText({ Type, Parameters }: StateFields): boolean {
  if (Type !== 'Pass') return false;
  return Object.values(Object(Parameters)).some((value) => jsonText.test(String(value)));
}

/** The fields of such a state are JSON texts only. */
function outputOf(parameters: StateFields, input: unknown): unknown {
  const fields = Object.entries(parameters).map(([key, value]) => {
    const [, before, after, path = ''] = jsonText.exec(String(value)) ?? [];
    return [key.replace(/\.\$$/, ''), `${before}${JSON.stringify(valueAt(path, input))}${after}`];
  });
  return Object.fromEntries(fields);
}
