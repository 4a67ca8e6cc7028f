import { type Duration, Token } from 'aws-cdk-lib';
import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { isDuration, quoted } from './invalid.ts';

/**
 * The kinds of fields that props and context keys have. Each message completes
 * `Invalid <path> <value>: `; the meta field `type` is for docs/configuration.md.
 */

export function trueOrFalse() {
  return z.boolean('must be true or false').meta({ type: '`true` or `false`' });
}

/** Text of a form that must be known at synthesis. */
export function text(form: RegExp = /^/, must = 'must be text') {
  return z.string(must).regex(form, must).meta({ type: 'text' });
}

/** Text of a form, or a CDK token whose text is known only after deployment. */
export function deployTimeText(form: RegExp, must: string) {
  const matches = (value: string) => Token.isUnresolved(value) || form.test(value);
  return z.string(must).refine(matches, must).meta({ type: 'text' });
}

export function oneOf<const T extends readonly string[]>(values: T) {
  const all = values.map(quoted);
  const must = `must be ${all.slice(0, -1).join(', ')} or ${all.at(-1)}`;
  return z.enum(values, must).meta({ type: values.map((value) => `\`${value}\``).join(', ') });
}

/** A whole number within bounds, both included. */
export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER) {
  const bounds = boundsOf(least, most);
  const must = `must be a whole number ${bounds}`;
  const type = `whole number ${bounds}`;
  return z.number(must).int(must).min(least, must).max(most, must).meta({ type });
}

/** The same, or a CDK token whose number is known only after deployment. */
export function deployTimeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER) {
  const fixed = wholeNumber(least, most);
  const isInBounds = (value: number) => Token.isUnresolved(value) || fixed.safeParse(value).success;
  const bounds = boundsOf(least, most);
  const must = `must be a whole number ${bounds}`;
  return z
    .number(must)
    .refine(isInBounds, must)
    .meta({ type: `whole number ${bounds}` });
}

function boundsOf(least: number, most: number): string {
  return most === Number.MAX_SAFE_INTEGER
    ? `of at least ${grouped(least)}`
    : `from ${grouped(least)} to ${grouped(most)}`;
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

/** Bounds of a time in whole seconds, both included. */
export interface SecondsBounds {
  readonly least: number;
  readonly most: number;
  /** The time is a multiple of it. Default: 1. */
  readonly step?: number;
}

/** A CDK `Duration` of whole seconds within bounds. */
export function duration(bounds: SecondsBounds) {
  return z
    .custom<Duration>(isDuration, {
      error: ({ input }) =>
        typeof input === 'number'
          ? `must be a Duration. Use Duration.seconds(${input})`
          : 'must be a Duration',
      abort: true,
    })
    .refine((value) => isWithin(value.toMilliseconds() / 1000, bounds), mustBeWithin(bounds))
    .meta({ type: `Duration, ${secondsText(bounds)}` });
}

/** A number of whole seconds within bounds. */
export function seconds(bounds: SecondsBounds) {
  const must = mustBeWithin(bounds);
  return z
    .number(must)
    .refine((value) => isWithin(value, bounds), must)
    .meta({ type: secondsText(bounds) });
}

function isWithin(value: number, { least, most, step = 1 }: SecondsBounds): boolean {
  return value >= least && value <= most && value % step === 0;
}

function mustBeWithin(bounds: SecondsBounds): string {
  return `must be ${secondsText(bounds)}`;
}

function secondsText({ least, most, step }: SecondsBounds): string {
  const text = `${grouped(least)} to ${grouped(most)} whole seconds`;
  return step === undefined ? text : `${text}, in steps of ${grouped(step)}`;
}

/**
 * A list with at least one entry, each once. An empty list would switch a filter off where it is
 * meant to narrow.
 * @param instead - what to do instead of an empty list, as a sentence
 */
export function list<T extends z.ZodType>(entry: T, instead = '') {
  const must = `must have at least one entry. ${instead}`.trim();
  const error = ({ input }: { readonly input?: unknown }) =>
    input === undefined ? 'must be set' : 'must be a list';
  return z.array(entry, { error }).min(1, must).check(hasNoDuplicate).readonly();
}

function hasNoDuplicate({ value, issues }: z.core.ParsePayload<readonly unknown[]>): void {
  const index = value.findIndex((entry, i) => value.indexOf(entry) !== i);
  if (index < 0) return;
  issues.push(invalidAt([index], value[index], 'must be listed once'));
}

/** A construct or another object of the CDK, which checks its own properties. */
export function cdkObject<T extends object>(type: string) {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null;
  return z.custom<T>(isObject, `must be of the type ${type}`).meta({ type: `\`${type}\`` });
}

/** An object without unknown keys: a misspelt key would leave its default in force silently. */
export function strictObject<S extends z.core.$ZodLooseShape>(shape: S) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown key. Did you mean ${quoted(closest(issue.keys[0] ?? '', known))}?`
        : 'must be an object',
  });
}

/** An issue that a rule over several fields finds. */
export function invalidAt(
  path: readonly PropertyKey[],
  input: unknown,
  must: string,
  params: { readonly shown?: string; readonly invalidKey?: string } = {},
): z.core.$ZodRawIssue {
  return { code: 'custom', path: [...path], input, message: must, params };
}
