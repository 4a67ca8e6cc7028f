import { TransferError } from '#src/core/errors/errors.ts';
import { maxTimerSeconds } from './service-limits.ts';
import { isFields } from './states.ts';

/** Where a value stands in a definition, and what it may refer to from there. */
export interface Place {
  /** The state's name; empty for the machine itself. */
  readonly state: string;
  readonly field: string;
  readonly insideMap: boolean;
  /** ARNs that a Task may name. */
  readonly functions: ReadonlySet<string>;
}

/** Checks one field's value; throws where the local run would not honour it. */
export type FieldRule = (value: unknown, place: Place) => void;

/** Ends a check with the state, the field and the reason. */
export function refuse(place: Place, reason: string): never {
  const where = place.state === '' ? 'of the state machine' : `of state ${place.state}`;
  throw new TransferError(
    'ConfigurationError',
    `the local run can't honour ${place.field} ${where}: ${reason}`,
  );
}

/** Filters, wildcards and slices end in States.Runtime here where the service gives a list. */
const plainPath = /^\$(\.[A-Za-z_][\w-]*|\[\d+\])*$/;
const writablePath = /^\$(\.[A-Za-z_][\w-]*)+$/;
/** The run gives the state machine's ARN; the interpreter keeps the rest of the context object empty, stale or the iteration's own. */
const contextPath =
  /^\$\$\.(Execution\.(Id|Name|StartTime|Input(\.[A-Za-z_][\w-]*)*)|StateMachine\.Id)$/;
const contextPathInsideMap = /^\$\$\.Execution\.(Id|Name)$/;
/** One path put into a text without quotes, escapes or other braces. */
const format = /^States\.Format\('[^'\\{}]*\{\}[^'\\{}]*', \$(\.[A-Za-z_][\w-]*)+\)$/;
/** The text at one path, read as JSON. */
const stringToJson = /^States\.StringToJson\(\$(\.[A-Za-z_][\w-]*)+\)$/;
const itemPath = /^\$\$\.Map\.Item\.(Index|Value(\.[A-Za-z_][\w-]*)*)$/;

export const anything: FieldRule = () => {};

/** The field may hold one of these values and no other. */
export function oneOf(...allowed: readonly unknown[]): FieldRule {
  return (value, place) => {
    if (allowed.includes(value)) return;
    refuse(place, `it is ${JSON.stringify(value)}, only ${allowed.join(' or ')} works`);
  };
}

/** A path that reads the state's input, such as `$.session.number`. */
export const readPath: FieldRule = (value, place) => {
  if (typeof value === 'string' && plainPath.test(value)) return;
  refuse(place, `${JSON.stringify(value)} is no plain path such as $.output`);
};

/** The service knows only `*`, and a backslash in front of one; the interpreter takes `?` for a wildcard too. */
export const wildcardPattern: FieldRule = (value, place) => {
  if (typeof value === 'string' && !/[?\\]/.test(value)) return;
  refuse(place, `${JSON.stringify(value)} is no pattern without ? and \\`);
};

/** `null`, or a path that reads. */
export const readPathOrNull: FieldRule = (value, place) => {
  if (value !== null) readPath(value, place);
};

/** `null`, or where to write a result: `$` and brackets would become a field of that name. */
export const resultPath: FieldRule = (value, place) => {
  if (value === null || (typeof value === 'string' && writablePath.test(value))) return;
  refuse(place, `${JSON.stringify(value)} is no plain path to a field such as $.error`);
};

/** Whole seconds that a timer can be set to. */
export const timerSeconds: FieldRule = (value, place) => {
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= maxTimerSeconds) return;
  refuse(place, `${JSON.stringify(value)} is no whole number of seconds up to ${maxTimerSeconds}`);
};

/** A function of the template: the interpreter would call AWS for any other resource. */
export const knownFunction: FieldRule = (value, place) => {
  if (typeof value === 'string' && place.functions.has(value)) return;
  refuse(place, `${JSON.stringify(value)} is no function of the template`);
};

/** A result that the interpreter takes for "no result" would let the input through instead. */
export const truthyResult: FieldRule = (value, place) => {
  if (!value) refuse(place, `${JSON.stringify(value)} would let the input pass through`);
};

/** A payload template whose dynamic fields are plain or context paths, or a path put into a text. */
export const payload: FieldRule = (value, place) => checkTemplate(value, place, false);

/** A Map's item template, which alone may name the item. */
export const itemPayload: FieldRule = (value, place) => checkTemplate(value, place, true);

function checkTemplate(value: unknown, place: Place, itemIsKnown: boolean): void {
  if (Array.isArray(value)) {
    for (const entry of value) checkTemplate(entry, place, itemIsKnown);
  }
  if (!isFields(value)) return;
  for (const [key, entry] of Object.entries(value)) {
    const at = { ...place, field: `${place.field}["${key}"]` };
    if (key.endsWith('.$')) checkDynamic(entry, at, itemIsKnown);
    else checkTemplate(entry, at, itemIsKnown);
  }
}

function checkDynamic(value: unknown, place: Place, itemIsKnown: boolean): void {
  const paths = [
    plainPath,
    format,
    stringToJson,
    place.insideMap ? contextPathInsideMap : contextPath,
  ];
  if (itemIsKnown) paths.push(itemPath);
  if (typeof value === 'string' && paths.some((path) => path.test(value))) return;
  refuse(place, `${JSON.stringify(value)} is no path that the interpreter gets right here`);
}
