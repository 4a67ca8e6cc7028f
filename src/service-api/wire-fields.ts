import * as z from 'zod/mini';

/** Many times the 5 MiB chunks of S3's largest object; a larger plan would fill the memory. */
export const maxIndex = 10_000_000;

/** A chunk's index, from 1. */
export const index = z.int().check(z.gte(1), z.lte(maxIndex));

/** An id that a path may hold. */
export const identifier = z.string().check(z.maxLength(1024), z.regex(/^[\x21-\x7e]+$/));

export const httpUrl = z
  .string()
  .check(z.maxLength(8192), z.regex(/^https?:\/\/[a-z0-9[][\x21-\x7e]*$/i));

/**
 * The headers of each PUT. A value may be a number, or a list as in Go; PHP writes an empty object as an
 * empty list.
 */
export const uploadHeaders = z.pipe(z.transform(plainHeaders), z.record(z.string(), z.string()));

/** A field of any type, which `read` converts; it may be absent. */
export function unknownOr<T>(read: (value: unknown) => T) {
  return z.pipe(z.optional(z.unknown()), z.transform(read));
}

/** A required number; a service may write it as text. */
export function required<T>(schema: z.ZodMiniType<T>) {
  return z.pipe(z.transform(numberOf), schema);
}

/**
 * A count that a service may omit: `undefined` if it is absent or null, `unreadable` if it is not a count.
 */
export const lenientCount = unknownOr((value) => {
  if (value === undefined || value === null) return undefined;
  const number = numberOf(value);
  return isCount(number) ? number : 'unreadable';
});

/** A count that is 0 if it is absent or not a count. */
export const countOrZero = unknownOr((value) => {
  const number = numberOf(value);
  return isCount(number) ? number : 0;
});

/** A status in any letter case; `otherwise` for every unknown value. */
export function stateOf<Known extends string, Other extends string>(
  known: readonly Known[],
  otherwise: Other,
) {
  return unknownOr((value): Known | Other => {
    const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
    return known.find((one) => one === word) ?? otherwise;
  });
}

/** A list that is empty if it is absent; each item must be readable. */
export function listOf<T>(item: z.ZodMiniType<T>) {
  return z.pipe(
    z.transform((value) => value ?? []),
    z.array(item),
  );
}

/** The readable items of a list; any other value counts as absent. */
export function itemsOf<T>(item: z.ZodMiniType<T>) {
  return unknownOr((value): T[] =>
    (Array.isArray(value) ? value : []).flatMap((one) => {
      const read = item.safeParse(one);
      return read.success ? [read.data] : [];
    }),
  );
}

/** A date as milliseconds since 1970; any other value counts as absent. */
export const time = unknownOr((value) =>
  typeof value === 'string' ? parseTime(value) : undefined,
);

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,15}$/.test(value.trim()) ? Number(value) : value;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Reads an ISO 8601 date. Without an offset it is UTC, and not in this machine's zone. */
function parseTime(text: string): number | undefined {
  const hasTime = /\d[T ]\d/i.test(text);
  const hasOffset = /(?:z|[+-]\d{2}:?\d{2})$/i.test(text);
  const ms = Date.parse(hasTime && !hasOffset ? `${text}Z` : text);
  return Number.isNaN(ms) ? undefined : ms;
}

function plainHeaders(value: unknown): unknown {
  if (value === undefined || value === null) return {};
  if (Array.isArray(value)) return value.length === 0 ? {} : value;
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([name, item]) => [name, plainHeader(item)]));
}

function plainHeader(value: unknown): unknown {
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (isList) return value.join(', ');
  return typeof value === 'number' ? String(value) : value;
}
