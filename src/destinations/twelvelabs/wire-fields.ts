import * as z from 'zod/mini';

/** Chunks of 5 MiB in the largest object S3 holds, many times over; a plan of more fills the memory. */
export const maxIndex = 10_000_000;

/** A chunk's index, from 1. */
export const index = z.int().check(z.gte(1), z.lte(maxIndex));

/** A field of any type that `read` reads; it may be missing. */
export function unknownOr<T>(read: (value: unknown) => T) {
  return z.pipe(z.optional(z.unknown()), z.transform(read));
}

/** A number that must be there; a service may write it as text. */
export function needed<T>(schema: z.ZodMiniType<T>) {
  return z.pipe(z.transform(numberOf), schema);
}

/**
 * A count that a service may leave out: `undefined` where it is absent or null, `unreadable` where it
 * is no count.
 */
export const lenientCount = unknownOr((value) => {
  if (value === undefined || value === null) return undefined;
  const number = numberOf(value);
  return isCount(number) ? number : 'unreadable';
});

/** A count that is 0 where the service leaves it out, or writes what is no count. */
export const countOrZero = unknownOr((value) => {
  const number = numberOf(value);
  return isCount(number) ? number : 0;
});

/** A status in any letter case; `otherwise` for every value that is not known. */
export function stateOf<Known extends string, Other extends string>(
  known: readonly Known[],
  otherwise: Other,
) {
  return unknownOr((value): Known | Other => {
    const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
    return known.find((one) => one === word) ?? otherwise;
  });
}

/** A list that is empty where the service leaves it out; each item must be readable. */
export function listOf<T>(item: z.ZodMiniType<T>) {
  return z.pipe(
    z.transform((value) => value ?? []),
    z.array(item),
  );
}

/** The readable items of a list; anything else counts as absent. */
export function itemsOf<T>(item: z.ZodMiniType<T>) {
  return unknownOr((value): T[] =>
    (Array.isArray(value) ? value : []).flatMap((one) => {
      const read = item.safeParse(one);
      return read.success ? [read.data] : [];
    }),
  );
}

/** Milliseconds since 1970; anything that is no date counts as absent. */
export const time = unknownOr((value) =>
  typeof value === 'string' ? parseTime(value) : undefined,
);

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,15}$/.test(value.trim()) ? Number(value) : value;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** ISO 8601 as RFC 3339 or without an offset, which is then UTC and not this machine's zone. */
function parseTime(text: string): number | undefined {
  const hasTime = /\d[T ]\d/i.test(text);
  const hasOffset = /(?:z|[+-]\d{2}:?\d{2})$/i.test(text);
  const ms = Date.parse(hasTime && !hasOffset ? `${text}Z` : text);
  return Number.isNaN(ms) ? undefined : ms;
}
