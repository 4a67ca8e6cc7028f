import { Duration } from 'aws-cdk-lib';
import { z } from 'zod';
import { type SecondsBounds, seconds, text } from '../configuration/fields.ts';
import { referenceOf } from '../configuration/reference.ts';

/**
 * Schemas of context keys. `-c key=value` always gives text and cdk.json any JSON, so each key first
 * converts text, then applies the schema of the prop. A value that cannot be converted stays as it
 * is, and the prop's schema rejects it.
 */

/** Context by key. */
export type Context = Readonly<Record<string, unknown>>;

/** A prop that is not required. */
type OptionalField<S extends z.ZodType> = z.ZodOptional<S> | z.ZodDefault<S>;

/** Returns the key of a prop. The prop's default stays with the construct. */
function keyOf<S extends z.ZodType>(field: OptionalField<S>, convert: (value: unknown) => unknown) {
  return z.preprocess(convert, (field.unwrap() as S).optional()).meta({ ...referenceOf(field) });
}

/** Empty text counts as absent: an unset variable of the shell leaves it. */
const withoutBlank = (value: unknown) => (value === '' ? undefined : value);

/** A number in cdk.json may be text, such as an account id. */
export function textKey<S extends z.ZodType>(field: OptionalField<S>) {
  return keyOf(field, (value) => (typeof value === 'number' ? String(value) : withoutBlank(value)));
}

export function numberKey<S extends z.ZodType>(field: OptionalField<S>) {
  return keyOf(field, toNumber);
}

function toNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : withoutBlank(value);
}

/** A key in whole seconds, of a prop that is a `Duration`. */
export function secondsKey(field: OptionalField<z.ZodType>, bounds: SecondsBounds) {
  const duration = seconds(bounds).transform((value) => Duration.seconds(value));
  const { description, default: fallback } = referenceOf(field);
  return z.preprocess(toNumber, duration.optional()).meta({ description, default: fallback });
}

export function switchKey<S extends z.ZodType>(field: OptionalField<S>) {
  return keyOf(field, (value) => {
    if (value === 'true' || value === 'false') return value === 'true';
    return withoutBlank(value);
  });
}

/** Comma-separated text or a JSON array. Empty text is invalid: it would switch a filter off. */
export function listKey<S extends z.ZodType>(field: OptionalField<S>) {
  return keyOf(field, splitText);
}

/** The same for a list that filters nothing: empty text leaves it out. */
export function plainListKey<S extends z.ZodType>(field: OptionalField<S>) {
  return keyOf(field, (value) => splitText(withoutBlank(value)));
}

export function splitText(value: unknown): unknown {
  return typeof value === 'string' ? value.split(',').map((entry) => entry.trim()) : value;
}

/** Comma-separated pairs such as `.r3d=video`, or a JSON object. */
export function pairsKey<S extends z.ZodType>(field: OptionalField<S>) {
  return keyOf(field, (value) => (typeof value === 'string' ? (pairsIn(value) ?? value) : value));
}

/** @returns undefined if a pair is incomplete or a name occurs twice */
function pairsIn(text: string): Record<string, string> | undefined {
  const pairs = text.split(',').map((pair) => pair.split(/=(?=[^=]*$)/).map((part) => part.trim()));
  const isComplete = pairs.every((pair) => pair.length === 2 && pair.every((part) => part !== ''));
  const entries = pairs as [string, string][];
  const names = new Set(entries.map(([name]) => name));
  return isComplete && names.size === entries.length ? Object.fromEntries(entries) : undefined;
}

/** JSON text, or a value as cdk.json has it. */
export function jsonKey<S extends z.ZodType>(field: OptionalField<S>) {
  return keyOf(field, (value) => {
    if (typeof value !== 'string' || value === '') return withoutBlank(value);
    try {
      return JSON.parse(value) as unknown;
    } catch {
      return value;
    }
  });
}

/** CloudFormation's rule for the names of stacks (CreateStack, StackName, 2026). */
const stackName = text(
  /^[A-Za-z][A-Za-z0-9-]{0,127}$/,
  'must begin with a letter and have at most 128 letters, digits or hyphens',
);

/** The name of the stack: two stacks of one account and Region have different names. */
export const stackNameKey = textKey(
  stackName.optional().meta({
    description:
      'Name of the stack, for example to deploy a second one for another destination. `npm run doctor` takes it as `--stack`.',
    default: '`Chunkferry`',
  }),
);
