import * as z from 'zod/mini';
import { type ErrorName, isErrorName } from '#src/core/errors/error-lookup.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { RetryCounts } from '#src/core/transfer/transfer-row.ts';
import type { Row } from './expressions.ts';

/**
 * Reads a row by its schema.
 * @throws UnexpectedError - this code does not write such a row; the message names row and attribute
 */
export function readRow<Schema extends z.ZodMiniType>(schema: Schema, row: Row): z.output<Schema> {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new TransferError(
    'UnexpectedError',
    `Unreadable row "${row.row}" of ${row.transferId}: ${issue?.path.join('.')}: ${issue?.message}`,
  );
}

/** A name from the error catalogue. */
export const errorName = z.custom<ErrorName>(
  (value) => typeof value === 'string' && isErrorName(value),
);

/**
 * Prefix of the attributes that count retries, one attribute for each cause. DynamoDB's ADD takes
 * no path into a map, and a top-level attribute needs no earlier read.
 */
const countPrefix = 'retries:';

/** Returns the attributes that hold these counts. */
export function countAttributes(counts: RetryCounts): Row {
  const entries = Object.entries(counts).map(([cause, count]) => [`${countPrefix}${cause}`, count]);
  return Object.fromEntries(entries);
}

/** Returns the counts that a row's attributes hold. */
export function readCounts(row: Row): RetryCounts {
  const counts: Record<string, number> = {};
  for (const [attribute, value] of Object.entries(row)) {
    if (attribute.startsWith(countPrefix)) counts[attribute.slice(countPrefix.length)] = value;
  }
  return counts;
}
