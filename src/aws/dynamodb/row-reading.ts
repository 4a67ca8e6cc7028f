import * as z from 'zod/mini';
import { type ErrorName, isErrorName, TransferError } from '#src/core/errors/errors.ts';
import type { RetryCounts } from '#src/core/transfer/transfer.ts';
import type { Row } from './table-access.ts';

/**
 * Reads a row by its schema.
 * @throws UnexpectedError - it is not what this code writes; names the row and the attribute
 */
export function readRow<Schema extends z.ZodMiniType>(schema: Schema, row: Row): z.output<Schema> {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new TransferError(
    'UnexpectedError',
    `row ${row.row} of ${row.transferId} is not ours: ${issue?.path.join('.')} ${issue?.message}`,
  );
}

/** A name from the error catalogue. */
export const errorName = z.custom<ErrorName>(
  (value) => typeof value === 'string' && isErrorName(value),
);

/**
 * Counts are kept one attribute a cause, because ADD takes no paths: counting then needs no row, no
 * map and no reading before it.
 */
const countPrefix = 'retries:';

/** The attributes that hold these counts. */
export function countAttributes(counts: RetryCounts): Row {
  const entries = Object.entries(counts).map(([cause, count]) => [`${countPrefix}${cause}`, count]);
  return Object.fromEntries(entries);
}

/** The counts that a row's attributes hold. */
export function readCounts(row: Row): RetryCounts {
  const counts: Record<string, number> = {};
  for (const [attribute, value] of Object.entries(row)) {
    if (attribute.startsWith(countPrefix)) counts[attribute.slice(countPrefix.length)] = value;
  }
  return counts;
}
