import { Duration } from 'aws-cdk-lib';
import { refuse, shown } from '../refuse.ts';

/** Context by key: `-c key=value` gives text, cdk.json any JSON. */
export type Context = Readonly<Record<string, unknown>>;

export function text(context: Context, key: string): string | undefined {
  const value = context[key];
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  return refuse('context', `${key} is ${shown(value)}; text is right`);
}

/** Comma-separated, or a JSON array of texts. */
export function list(context: Context, key: string): string[] | undefined {
  const value = context[key];
  if (value === undefined || value === '') return undefined;
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
  if (typeof value !== 'string') {
    refuse('context', `${key} is ${shown(value)}; a list of texts is right`);
  }
  const entries = value.split(',').map((entry) => entry.trim());
  return entries.filter((entry) => entry !== '');
}

export function whole(context: Context, key: string): number | undefined {
  const value = text(context, key);
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
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
