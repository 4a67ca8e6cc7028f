import { Duration } from 'aws-cdk-lib';
import { refuse, refuseValue, shown } from '../refuse.ts';

/** Context by key: `-c key=value` gives text, cdk.json any JSON. */
export type Context = Readonly<Record<string, unknown>>;

export function text(context: Context, key: string): string | undefined {
  const value = context[key];
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  return refuse('context', `${key} is ${shown(value)}; text is right`);
}

/**
 * Comma-separated, or a JSON array of texts. An empty one would take what is meant to be narrowed as
 * not narrowed at all.
 * @throws ConfigurationError - no such list, nothing in it, or the same text twice
 */
export function list(context: Context, key: string): string[] | undefined {
  const value = context[key];
  if (value === undefined) return undefined;
  const entries = entriesOf(value);
  if (!entries || entries.length === 0 || entries.includes('')) {
    const right =
      'texts between commas, or a JSON array of texts, at least one and none of them empty';
    return refuse('context', `${key} is ${shown(value)}; ${right}, are right`);
  }
  const twice = entries.find((entry, i) => entries.indexOf(entry) !== i);
  if (twice === undefined) return entries;
  return refuse('context', `${key} is ${shown(value)}, with ${shown(twice)} twice; once is right`);
}

/** The same for a list that narrows nothing: empty text leaves it out. */
export function optionalList(context: Context, key: string): string[] | undefined {
  return context[key] === '' ? undefined : list(context, key);
}

function entriesOf(value: unknown): string[] | undefined {
  if (typeof value === 'string') return value.split(',').map((entry) => entry.trim());
  const isList = Array.isArray(value) && value.every((entry) => typeof entry === 'string');
  return isList ? value : undefined;
}

/**
 * Names and values: `a=1,b=2`, or a JSON object of texts. The values are judged where they are used.
 * @throws ConfigurationError - no such pairs, nothing in them, or the same name twice
 */
export function pairs<V extends string>(
  context: Context,
  key: string,
): Record<string, V> | undefined {
  const value = context[key];
  if (value === undefined) return undefined;
  const entries = isObject(value) ? Object.entries(value) : pairsOf(value);
  const isRight = entries?.every(([name, one]) => name !== '' && typeof one === 'string' && one);
  const names = new Set(entries?.map(([name]) => name));
  if (entries?.length && isRight && names.size === entries.length) {
    return Object.fromEntries(entries) as Record<string, V>;
  }
  const must = 'must be comma-separated pairs such as .r3d=video, each name once';
  return refuseValue(key, value, must);
}

function pairsOf(value: unknown): [string, string][] | undefined {
  if (typeof value !== 'string') return undefined;
  return value.split(',').map((pair) => {
    const [name = '', one = ''] = pair.split(/=(?=[^=]*$)/);
    return [name.trim(), one.trim()];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function whole(context: Context, key: string): number | undefined {
  const value = context[key];
  if (value === undefined || value === '') return undefined;
  const isNumber = typeof value === 'string' || typeof value === 'number';
  if (isNumber && /^\d+$/.test(String(value))) return Number(value);
  return refuse('context', `${key} is ${shown(value)}; a whole number is right`);
}

export function seconds(context: Context, key: string): Duration | undefined {
  const value = whole(context, key);
  return value === undefined ? undefined : Duration.seconds(value);
}

export function yesOrNo(context: Context, key: string): boolean | undefined {
  const value = context[key];
  if (value === undefined || value === '') return undefined;
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  return refuse('context', `${key} is ${shown(value)}; true or false is right`);
}

/** Props are there or they are not: none is ever there as undefined. */
export function withoutAbsent<T extends object>(props: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
