import { closest } from 'fastest-levenshtein';
import { refuse, refuseValue, shown } from '../refuse.ts';
import type { Context } from './values.ts';

/** What a field of an object in the context must be. */
type FieldForm = 'text' | 'texts' | 'textByName' | 'number' | 'boolean';

/** The fields of such an object; the required ones are named apart. */
export interface ObjectForm {
  readonly required: Readonly<Record<string, FieldForm>>;
  readonly optional: Readonly<Record<string, FieldForm>>;
}

const isOfForm: Readonly<Record<FieldForm, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  texts: (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  textByName: (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((one) => typeof one === 'string'),
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
};

const nameOfForm: Readonly<Record<FieldForm, string>> = {
  text: 'a text',
  texts: 'a list of texts',
  textByName: 'an object of texts',
  number: 'a number',
  boolean: 'true or false',
};

/**
 * A JSON array of objects: text from the command line, or as it is from cdk.json.
 * @throws ConfigurationError - no such array, an unknown or a missing field, or a field of another form
 */
export function objects<T>(context: Context, key: string, form: ObjectForm): T[] | undefined {
  const value = context[key];
  if (value === undefined || value === '') return undefined;
  const array = typeof value === 'string' ? parse(key, value) : value;
  if (!Array.isArray(array)) refuse('context', `${key} is ${shown(value)}; a JSON array is right`);
  for (const [index, entry] of array.entries()) checkObject(`${key}[${index}]`, entry, form);
  return array;
}

/**
 * A JSON object: text from the command line, or as it is from cdk.json.
 * @throws ConfigurationError - it is no such object, or a field is unknown, missing or of another form
 */
export function object<T>(context: Context, key: string, form: ObjectForm): T | undefined {
  const value = context[key];
  if (value === undefined || value === '') return undefined;
  const entry = typeof value === 'string' ? parse(key, value, 'object') : value;
  checkObject(key, entry, form);
  return entry as T;
}

function parse(key: string, value: string, expected: 'array' | 'object' = 'array'): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return refuseValue(key, value, `must be a JSON ${expected}`);
  }
}

function checkObject(name: string, entry: unknown, { required, optional }: ObjectForm): void {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    refuse('context', `${name} is ${shown(entry)}; an object is right`);
  }
  const forms = { ...required, ...optional };
  for (const [field, value] of Object.entries(entry)) {
    const form = Object.hasOwn(forms, field) ? forms[field] : undefined;
    if (form === undefined) {
      refuse(
        'context',
        `${name}.${field} is no known field; did you mean ${closest(field, Object.keys(forms))}?`,
      );
    }
    if (isOfForm[form](value)) continue;
    refuse('context', `${name}.${field} is ${shown(value)}; ${nameOfForm[form]} is right`);
  }
  const missing = Object.keys(required).find((field) => !Object.hasOwn(entry, field));
  if (missing) refuse('context', `${name} has no ${missing}; ${shown(entry)} needs one`);
}
