import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import {
  anything,
  type FieldRule,
  itemPayload,
  knownFunction,
  oneOf,
  type Place,
  payload,
  readPath,
  readPathOrNull,
  refuse,
  resultPath,
  timerSeconds,
  truthyResult,
  wildcardPattern,
} from './field-rules.ts';
import { allStates, isFields, type NamedState, type StateFields } from './states.ts';

type FieldRules = Readonly<Record<string, FieldRule>>;

/** Operators that the interpreter and the service read alike; the others coerce or match otherwise. */
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
    Resource: knownFunction,
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
 * Refuses a definition that the interpreter would run otherwise than the service does. It passes
 * over what it does not know in silence, so this is a list of what it honours, not of what it lacks.
 * Missing targets and the like are left to the interpreter's own validator.
 * @param functions - the ARNs that a Task may name
 * @throws ConfigurationError - naming the state and the field
 */
export function assertSupported(
  definition: StateMachineDefinition,
  functions: ReadonlySet<string>,
): void {
  const machine: Place = { state: '', field: '', insideMap: false, functions };
  checkFields(definition, machineFields, machine);
  for (const named of allStates(definition)) {
    checkState(named, {
      state: named.name,
      field: 'Type',
      insideMap: named.map !== undefined,
      functions,
    });
  }
}

function checkState({ state }: NamedState, place: Place): void {
  const type = String(state.Type);
  const fields = fieldsByType[type];
  if (!fields) refuse(place, `there is no support for ${type} states`);
  checkFields(state, fields, place);
  if (type === 'Task') checkTask(state, place);
  if (type === 'Map' && place.insideMap) refuse(place, 'a Map inside a Map has not been tried');
}

function checkTask(state: StateFields, place: Place): void {
  if (!state.TimeoutSeconds) {
    refuse({ ...place, field: 'TimeoutSeconds' }, 'without one the interpreter stops after 60 s');
  }
  const catchers = (state.Catch ?? []) as readonly { ErrorEquals?: unknown }[];
  const catchesAll = catchers.some(
    ({ ErrorEquals }) => Array.isArray(ErrorEquals) && ErrorEquals.includes('States.ALL'),
  );
  if (place.insideMap && !catchesAll) {
    refuse(
      { ...place, field: 'Catch' },
      'inside a Map it must catch States.ALL, for queued iterations go on starting after a failed one',
    );
  }
}

function checkFields(value: unknown, rules: FieldRules, place: Place): void {
  if (!isFields(value)) refuse(place, `${JSON.stringify(value)} is no object`);
  for (const [field, entry] of Object.entries(value)) {
    const at = { ...place, field };
    const rule = Object.hasOwn(rules, field) ? rules[field] : undefined;
    if (!rule) refuse(at, 'it is not among the fields that are known to work');
    rule(entry, at);
  }
}

function listOf(rules: FieldRules): FieldRule {
  return (value, place) => {
    for (const entry of listed(value, place)) checkFields(entry, rules, place);
  };
}

function listed(value: unknown, place: Place): readonly unknown[] {
  if (!Array.isArray(value)) refuse(place, 'it is no list');
  return value;
}

function checkProcessor(value: unknown, place: Place): void {
  checkFields(value, processorFields, place);
}

function checkChoices(value: unknown, place: Place): void {
  for (const rule of listed(value, place)) checkRule(rule, { Next: anything }, place);
}

/** One rule: `And`, `Or`, `Not`, or a Variable with exactly one operator. */
function checkRule(rule: unknown, extra: FieldRules, place: Place): void {
  const nested: FieldRule = (value, at) => checkRule(value, {}, at);
  const nestedList: FieldRule = (value, at) => {
    for (const entry of listed(value, at)) nested(entry, at);
  };
  const operators: FieldRules = { ...comparisons, And: nestedList, Or: nestedList, Not: nested };
  checkFields(rule, { ...operators, ...extra, Variable: readPath, Comment: anything }, place);
  const used = Object.keys(rule as StateFields).filter((key) => Object.hasOwn(operators, key));
  if (used.length !== 1) {
    refuse(place, `a rule must have one operator, this has ${used.join(', ') || 'none'}`);
  }
}
