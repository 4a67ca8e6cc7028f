import { TransferError } from '#src/core/errors/transfer-error.ts';
import { maxTimerSeconds } from './service-limits.ts';
import { isFields } from './states.ts';

/** The location of a value in a definition, and the values that it may refer to. */
export interface FieldLocation {
  /** The state's name; empty for the machine itself. */
  readonly state: string;
  readonly field: string;
  readonly insideMap: boolean;
  /** ARNs that a Task may name. */
  readonly functions: ReadonlySet<string>;
  /** ARNs of the state machines that a Task may start. */
  readonly stateMachines: ReadonlySet<string>;
}

/** Checks one field's value. Throws if the interpreter does not support it. */
export type FieldRule = (value: unknown, place: FieldLocation) => void;

/** @throws ConfigurationError - with the state, the field and the reason */
export function throwUnsupported(place: FieldLocation, reason: string): never {
  const where = place.state === '' ? 'of the state machine' : `of state ${place.state}`;
  throw new TransferError(
    'ConfigurationError',
    `The local run does not support ${place.field} ${where}: ${reason}`,
  );
}

/** Excludes filters, wildcards and slices: the service returns a list, the interpreter fails. */
const plainPath = /^\$(\.[A-Za-z_][\w-]*|\[\d+\])*$/;
const writablePath = /^\$(\.[A-Za-z_][\w-]*)+$/;
/** The supported part of the context object. The interpreter leaves the other values empty or outdated. */
const contextPath =
  /^\$\$\.(Execution\.(Id|Name|StartTime|Input(\.[A-Za-z_][\w-]*)*)|StateMachine\.Id)$/;
const contextPathInsideMap = /^\$\$\.Execution\.(Id|Name)$/;
/** States.Format with one path or two, and a text without quotes, escapes or other braces. */
const format =
  /^States\.Format\('[^'\\{}]*\{\}[^'\\{}]*(?:', \$(\.[A-Za-z_][\w-]*)+|\{\}[^'\\{}]*'(?:, \$(\.[A-Za-z_][\w-]*)+){2})\)$/;
/** A field as JSON in a text: States.JsonToString in States.Format. */
export const jsonText =
  /^States\.Format\('([^'\\{}]*)\{\}([^'\\{}]*)', States\.JsonToString\((\$(?:\.[A-Za-z_][\w-]*)+)\)\)$/;
const itemPath = /^\$\$\.Map\.Item\.(Index|Value(\.[A-Za-z_][\w-]*)*)$/;

export const anything: FieldRule = () => {};

/** Allows only the given values. */
export function oneOf(...allowed: readonly unknown[]): FieldRule {
  return (value, place) => {
    if (allowed.includes(value)) return;
    throwUnsupported(place, `${JSON.stringify(value)} must be ${allowed.join(' or ')}`);
  };
}

/** A path that reads the state's input, such as `$.session.number`. */
export const readPath: FieldRule = (value, place) => {
  if (typeof value === 'string' && plainPath.test(value)) return;
  throwUnsupported(place, `${JSON.stringify(value)} must be a plain path such as $.output`);
};

/** A pattern without `?` and `\`: the service has only `*` as a wildcard, the interpreter also `?`. */
export const wildcardPattern: FieldRule = (value, place) => {
  if (typeof value === 'string' && !/[?\\]/.test(value)) return;
  throwUnsupported(place, `${JSON.stringify(value)} must be a pattern without ? and \\`);
};

/** `null`, or a path that reads the state's input. */
export const readPathOrNull: FieldRule = (value, place) => {
  if (value !== null) readPath(value, place);
};

/** `null`, or a path that writes a result. The interpreter takes `$` and brackets for a field name. */
export const resultPath: FieldRule = (value, place) => {
  if (value === null || (typeof value === 'string' && writablePath.test(value))) return;
  throwUnsupported(
    place,
    `${JSON.stringify(value)} must be a plain path to a field such as $.error`,
  );
};

/** Whole seconds within the range of a timer. */
export const timerSeconds: FieldRule = (value, place) => {
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= maxTimerSeconds) return;
  const text = `${JSON.stringify(value)} must be a whole number of seconds up to ${maxTimerSeconds}`;
  throwUnsupported(place, text);
};

/** The integration that starts a state machine and waits for its end. */
export const startExecutionResource = 'arn:aws:states:::states:startExecution.sync:2';

/** A function of the template, or the start of a state machine. The interpreter would call AWS for any other. */
export const knownResource: FieldRule = (value, place) => {
  if (value === startExecutionResource) return;
  if (typeof value === 'string' && place.functions.has(value)) return;
  throwUnsupported(place, `${JSON.stringify(value)} must be a function of the template`);
};

/** A state machine of the template. */
export const knownStateMachine: FieldRule = (value, place) => {
  if (typeof value === 'string' && place.stateMachines.has(value)) return;
  throwUnsupported(place, `${JSON.stringify(value)} must be a state machine of the template`);
};

/** A truthy result. For a falsy result, the interpreter would return the input. */
export const truthyResult: FieldRule = (value, place) => {
  if (!value)
    throwUnsupported(place, `for ${JSON.stringify(value)}, the interpreter returns the input`);
};

/** A payload template whose dynamic fields are plain paths, context paths or supported intrinsics. */
export const payload: FieldRule = (value, place) => checkTemplate(value, place, false);

/** A Map's item template. Only this one may name the item. */
export const itemPayload: FieldRule = (value, place) => checkTemplate(value, place, true);

function checkTemplate(value: unknown, place: FieldLocation, hasItem: boolean): void {
  if (Array.isArray(value)) {
    for (const entry of value) checkTemplate(entry, place, hasItem);
  }
  if (!isFields(value)) return;
  for (const [key, entry] of Object.entries(value)) {
    const at = { ...place, field: `${place.field}["${key}"]` };
    if (key.endsWith('.$')) checkDynamic(entry, at, hasItem);
    else checkTemplate(entry, at, hasItem);
  }
}

function checkDynamic(value: unknown, place: FieldLocation, hasItem: boolean): void {
  const paths = [plainPath, format, jsonText, place.insideMap ? contextPathInsideMap : contextPath];
  if (hasItem) paths.push(itemPath);
  if (typeof value === 'string' && paths.some((path) => path.test(value))) return;
  throwUnsupported(place, `${JSON.stringify(value)} must be a path that the interpreter supports`);
}
