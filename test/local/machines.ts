import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import type { LocalStateMachine } from '#local/state-machine/definition/definition.ts';
import type { LocalFunction } from '#local/state-machine/definition/template.ts';

/** The ARN of the only function of these machines. */
export const workArn = 'arn:aws:lambda:us-east-1:000000000000:function:Work:1';

export const work: LocalFunction = {
  name: 'Work',
  logicalId: 'Work',
  handler: 'index.handler',
  timeoutSeconds: 30,
  memoryMib: 128,
  environment: {},
  referencedEnvironment: [],
};

/** Returns a Task that calls the function with its whole input as the payload. */
export function task(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { Type: 'Task', Resource: workArn, TimeoutSeconds: 60, ...fields };
}

/** Returns a machine of these states. It starts at the first state. */
export function machineOf(
  states: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
  called: LocalFunction = work,
): LocalStateMachine {
  const definition = { StartAt: Object.keys(states)[0], States: states, ...more };
  return {
    logicalId: 'Machine',
    definition: definition as unknown as StateMachineDefinition,
    functions: new Map([[workArn, called]]),
    nested: new Map(),
  };
}

/** Returns a Map over `$.items` that calls the function for each item. */
export function mapOf(fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    Type: 'Map',
    ItemsPath: '$.items',
    ItemSelector: { 'item.$': '$$.Map.Item.Value' },
    ItemProcessor: {
      ProcessorConfig: { Mode: 'INLINE' },
      StartAt: 'Each',
      States: {
        Each: task({
          Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Stopped' }],
          Next: 'Stopped',
        }),
        Stopped: { Type: 'Pass', End: true },
      },
    },
    ...fields,
  };
}
