import { synthesizeTemplate } from '#infra/synthesize.ts';
import { readDefinition } from '#local/state-machine/definition.ts';

/** A state of the definition, with the fields that these tests read. */
export interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly End?: boolean;
  readonly Default?: string;
  readonly Choices?: readonly (Readonly<Record<string, unknown>> & { readonly Next: string })[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
  readonly Retry?: readonly { readonly ErrorEquals: readonly string[] }[];
  readonly TimeoutSeconds?: number;
  readonly Resource?: string;
  readonly Error?: string;
  readonly Result?: { readonly Error?: string };
  readonly ItemProcessor?: Machine;
}

/** The whole definition, or the item processor of its Map. */
export interface Machine {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** The template of the stack with one source bucket. */
export const template = synthesizeTemplate({ sourceBuckets: ['films'] });

/** Its state machine, references turned into ARNs; no hash of any code is left in it. */
export const machine = readDefinition(template);

export const definition = machine.definition as unknown as Machine;

/** The machine inside the Map. */
export const rangeMachine = definition.States.SendRanges?.ItemProcessor as Machine;

/** Every state of both. */
export const allStates: readonly (readonly [string, State])[] = [
  ...Object.entries(definition.States),
  ...Object.entries(rangeMachine.States),
];

/** Every Task of both. */
export const tasks = allStates.filter(([, { Type }]) => Type === 'Task');

/** Where a state may go. */
export function nextOf(state: State): string[] {
  const targets = [
    state.Next,
    state.Default,
    ...(state.Choices ?? []).map(({ Next }) => Next),
    ...(state.Catch ?? []).map(({ Next }) => Next),
  ];
  return targets.filter((target) => target !== undefined);
}

/** All states that can be reached from one, itself included. */
export function reachableFrom(from: string, { States }: Machine): Set<string> {
  const seen = new Set<string>();
  const pending = [from];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const state = States[name];
    if (seen.has(name) || !state) continue;
    seen.add(name);
    pending.push(...nextOf(state));
  }
  return seen;
}

/** All resources of a type, by logical id. */
export function resources(type: string): [string, Record<string, unknown>][] {
  return Object.entries(template.Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, { Properties }]) => [id, { ...Properties }]);
}
