import { synthesizeTemplate } from '#infra/synthesize.ts';
import {
  type LocalStateMachine,
  readDefinition,
} from '#local/state-machine/definition/definition.ts';
import type { StepName } from '#src/core/shared-with-infra/step-names.ts';

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

/** Its state machine, with ARNs instead of references and without hashes of code. */
export const machine = readDefinition(template);

/** A copy: the interpreter adds fields to the definition that it runs. */
export const definition = structuredClone(machine.definition) as unknown as Machine;

/** The machines inside the Maps: the first call of a range, and its further calls. */
export const rangeMachines = ['SendRanges', 'ContinueRanges'].map(
  (name) => definition.States[name]?.ItemProcessor as Machine,
);

/** Every state of all machines. */
export const allStates: readonly (readonly [string, State])[] = [
  definition,
  ...rangeMachines,
].flatMap(({ States }) => Object.entries(States));

/** Every Task of all machines. */
export const tasks = allStates.filter(([, { Type }]) => Type === 'Task');

/** Every Task of both machines that calls a function. */
export const functionTasks = tasks.filter(([, { Resource }]) =>
  machine.functions.has(String(Resource)),
);

/** The state machine that StartPreflight starts. */
export const preflightMachine = [...machine.nested.values()][0] as LocalStateMachine;

/** A copy of its definition. */
export const preflightDefinition = structuredClone(
  preflightMachine.definition,
) as unknown as Machine;

/** Returns the states that may follow a state. */
export function nextOf(state: State): string[] {
  const targets = [
    state.Next,
    state.Default,
    ...(state.Choices ?? []).map(({ Next }) => Next),
    ...(state.Catch ?? []).map(({ Next }) => Next),
  ];
  return targets.filter((target) => target !== undefined);
}

/** Returns all states that are reachable from a state, itself included. */
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

/** Returns all resources of a type, by logical id. */
export function resources(type: string, within = template): [string, Record<string, unknown>][] {
  return Object.entries(within.Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, { Properties }]) => [id, { ...Properties }]);
}

/** Returns the properties of all resources of a type. */
export function propertiesOf(type: string, within = template): Record<string, unknown>[] {
  return resources(type, within).map(([, properties]) => properties);
}

/** Returns the rules on S3's events, which start executions. */
export function objectRules(within = template): Record<string, unknown>[] {
  return propertiesOf('AWS::Events::Rule', within).filter(({ EventPattern }) =>
    JSON.stringify(EventPattern ?? '').includes('aws.s3'),
  );
}

/** The fields of a policy statement that tests read. */
export interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

interface FunctionProperties {
  readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
  readonly MemorySize: number;
  readonly Timeout: number;
  readonly Role: { readonly 'Fn::GetAtt': readonly [string, string] };
}

/** Returns the properties of a step's function, by the construct's path in its logical id. */
export function functionOf(step: StepName, within = template): FunctionProperties {
  const found = resources('AWS::Lambda::Function', within).find(([id]) =>
    id.startsWith(`Chunkferry${step}`),
  );
  return found?.[1] as unknown as FunctionProperties;
}

/** Returns every statement of the policies of a step's function. */
export function statementsOf(step: StepName, within = template): Statement[] {
  return statementsOfRole(functionOf(step, within).Role['Fn::GetAtt'][0], within);
}

/** Returns every statement of the policies of a role, by its logical id. */
export function statementsOfRole(role: string, within = template): Statement[] {
  return propertiesOf('AWS::IAM::Policy', within)
    .filter(({ Roles }) => (Roles as { Ref: string }[]).some(({ Ref }) => Ref === role))
    .flatMap(({ PolicyDocument }) => (PolicyDocument as { Statement: Statement[] }).Statement);
}

/** Returns the resources of an action, as text with references in angle brackets. */
export function resourcesFor(action: string, statements: readonly Statement[]): string[] {
  return statements
    .filter(({ Action }) => [Action].flat().includes(action))
    .flatMap(({ Resource }) => [Resource].flat().map(plain));
}

/** Returns a template's value as text, with references in angle brackets. */
export function plain(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[intrinsic, argument] = ['', undefined]] = Object.entries(value ?? {});
  if (intrinsic === 'Fn::Join') return argument[1].map(plain).join(argument[0]);
  return `<${[argument].flat().join('.')}>`;
}

/** Returns the error that `make` throws, as one line. */
export function errorOf(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    return String(error);
  }
  return 'no error';
}
