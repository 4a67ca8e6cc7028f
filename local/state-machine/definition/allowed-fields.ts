import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import {
  anything,
  type FieldLocation,
  type FieldRule,
  itemPayload,
  knownResource,
  knownStateMachine,
  oneOf,
  payload,
  readPath,
  readPathOrNull,
  resultPath,
  startExecutionResource,
  throwUnsupported,
  timerSeconds,
  truthyResult,
  wildcardPattern,
} from './field-rules.ts';
import { allStates, isFields, type NamedState, type StateFields } from './states.ts';

type FieldRules = Readonly<Record<string, FieldRule>>;

/** Operators with the same meaning in the interpreter and the service. Others coerce or match differently. */
const comparisons: FieldRules = {
  StringEquals: anything,
  StringMatches: wildcardPattern,
  NumericEquals: anything,
  BooleanEquals: anything,
  IsPresent: oneOf(true),
  IsNull: oneOf(true),
  IsString: oneOf(true),
  IsNumeric: oneOf(true),
  IsBoolean: oneOf(true),
};

const retrier: FieldRules = {
  ErrorEquals: anything,
  IntervalSeconds: timerSeconds,
  MaxAttempts: anything,
  BackoffRate: anything,
  MaxDelaySeconds: timerSeconds,
  JitterStrategy: oneOf('FULL', 'NONE'),
  Comment: anything,
};

const catcher: FieldRules = {
  ErrorEquals: anything,
  Next: anything,
  ResultPath: resultPath,
  Comment: anything,
};

const every: FieldRules = { Type: anything, Comment: anything, QueryLanguage: oneOf('JSONPath') };
const paths: FieldRules = { InputPath: readPathOrNull, OutputPath: readPathOrNull };
const flow: FieldRules = { Next: anything, End: oneOf(true) };

const fieldsByType: Readonly<Record<string, FieldRules>> = {
  Task: {
    ...every,
    ...paths,
    ...flow,
    Resource: knownResource,
    Parameters: payload,
    ResultSelector: payload,
    ResultPath: resultPath,
    TimeoutSeconds: timerSeconds,
    Retry: listOf(retrier),
    Catch: listOf(catcher),
  },
  Map: {
    ...every,
    ...paths,
    ...flow,
    ItemsPath: readPath,
    ItemSelector: itemPayload,
    ItemProcessor: checkProcessor,
    MaxConcurrency: anything,
    MaxConcurrencyPath: readPath,
    ResultSelector: payload,
    ResultPath: resultPath,
    Catch: listOf(catcher),
  },
  Choice: { ...every, ...paths, Choices: checkChoices, Default: anything },
  Wait: { ...every, ...paths, ...flow, Seconds: timerSeconds, SecondsPath: readPath },
  Pass: {
    ...every,
    ...paths,
    ...flow,
    Result: truthyResult,
    Parameters: payload,
    ResultPath: resultPath,
  },
  Succeed: { ...every, ...paths },
  Fail: { ...every, Error: anything, Cause: anything, ErrorPath: readPath, CausePath: readPath },
};

/** The parameters of a Task that starts a state machine. The interpreter gives the execution a name. */
const startFields: FieldRules = { StateMachineArn: knownStateMachine, Input: payload };

const machineFields: FieldRules = {
  StartAt: anything,
  States: anything,
  Comment: anything,
  Version: anything,
  TimeoutSeconds: timerSeconds,
  QueryLanguage: oneOf('JSONPath'),
};

const processorFields: FieldRules = {
  StartAt: anything,
  States: anything,
  Comment: anything,
  QueryLanguage: oneOf('JSONPath'),
  ProcessorConfig: (value, place) =>
    checkFields(value, { Mode: oneOf('INLINE') }, { ...place, field: 'ProcessorConfig' }),
};

/**
 * Checks that the interpreter runs a definition as the service does. The interpreter ignores unknown
 * fields, so the check is a list of supported fields. The interpreter's own validator finds errors
 * such as a missing target.
 * @param functions - the ARNs that a Task may name
 * @param stateMachines - the ARNs of the state machines that a Task may start
 * @throws ConfigurationError - with the state and the field
 */
export function assertSupported(
  definition: StateMachineDefinition,
  functions: ReadonlySet<string>,
  stateMachines: ReadonlySet<string> = new Set(),
): void {
  const names = { functions, stateMachines };
  const machine: FieldLocation = { state: '', field: '', insideMap: false, ...names };
  checkFields(definition, machineFields, machine);
  for (const named of allStates(definition)) {
    checkState(named, {
      state: named.name,
      field: 'Type',
      insideMap: named.map !== undefined,
      ...names,
    });
  }
}

function checkState({ state }: NamedState, place: FieldLocation): void {
  const type = String(state.Type);
  const fields = fieldsByType[type];
  if (!fields) throwUnsupported(place, `states of type ${JSON.stringify(type)} are unknown`);
  checkFields(state, fields, place);
  if (type === 'Task') checkTask(state, place);
  if (type === 'Map' && place.insideMap)
    throwUnsupported(place, 'a Map inside a Map has not been tested');
}

function checkTask(state: StateFields, place: FieldLocation): void {
  if (!state.TimeoutSeconds) {
    const field = { ...place, field: 'TimeoutSeconds' };
    throwUnsupported(field, 'must be set, since the default of the interpreter is 60 s');
  }
  if (state.Resource === startExecutionResource) checkStart(state, place);
  const catchers = (state.Catch ?? []) as readonly { ErrorEquals?: unknown }[];
  const catchesAll = catchers.some(
    ({ ErrorEquals }) => Array.isArray(ErrorEquals) && ErrorEquals.includes('States.ALL'),
  );
  if (place.insideMap && !catchesAll) {
    throwUnsupported(
      { ...place, field: 'Catch' },
      'must catch States.ALL inside a Map, since queued iterations start even after a failure',
    );
  }
}

function checkStart(state: StateFields, place: FieldLocation): void {
  const parameters = { ...place, field: 'Parameters' };
  if (place.insideMap) throwUnsupported(parameters, 'a start inside a Map has not been tested');
  checkFields(state.Parameters, startFields, parameters);
}

function checkFields(value: unknown, rules: FieldRules, place: FieldLocation): void {
  if (!isFields(value)) throwUnsupported(place, `${JSON.stringify(value)} must be an object`);
  for (const [field, entry] of Object.entries(value)) {
    const at = { ...place, field };
    const rule = Object.hasOwn(rules, field) ? rules[field] : undefined;
    if (!rule) throwUnsupported(at, 'not in the list of supported fields');
    rule(entry, at);
  }
}

function listOf(rules: FieldRules): FieldRule {
  return (value, place) => {
    for (const entry of asList(value, place)) checkFields(entry, rules, place);
  };
}

function asList(value: unknown, place: FieldLocation): readonly unknown[] {
  if (!Array.isArray(value)) throwUnsupported(place, `${JSON.stringify(value)} must be a list`);
  return value;
}

function checkProcessor(value: unknown, place: FieldLocation): void {
  checkFields(value, processorFields, place);
}

function checkChoices(value: unknown, place: FieldLocation): void {
  for (const rule of asList(value, place)) checkRule(rule, { Next: anything }, place);
}

/** Checks one rule: `And`, `Or`, `Not`, or a Variable with exactly one operator. */
function checkRule(rule: unknown, extra: FieldRules, place: FieldLocation): void {
  const nested: FieldRule = (value, at) => checkRule(value, {}, at);
  const nestedList: FieldRule = (value, at) => {
    for (const entry of asList(value, at)) nested(entry, at);
  };
  const operators: FieldRules = { ...comparisons, And: nestedList, Or: nestedList, Not: nested };
  checkFields(rule, { ...operators, ...extra, Variable: readPath, Comment: anything }, place);
  const used = Object.keys(rule as StateFields).filter((key) => Object.hasOwn(operators, key));
  if (used.length !== 1) {
    const found = used.join(', ') || 'none';
    throwUnsupported(place, `a rule must have exactly one operator; found ${found}`);
  }
}
