import type { TransferError } from '#src/core/errors/transfer-error.ts';
import type { RangeFailure } from '#src/core/transfer/upload-rows.ts';
import type { RangeState } from './state.ts';
import type { Invocation } from './step.ts';

/** Bounds the error's text in a range's row, in characters. */
const maxMessageLength = 1000;

/** Returns an error in the form that a range's row stores. */
export function rangeFailureOf(
  error: TransferError,
  { round }: RangeState,
  { executionId }: Invocation,
  now: number,
): RangeFailure {
  const { name, disposition, origin, retryAfterSeconds } = error;
  const message = error.message.slice(0, maxMessageLength);
  const retryAt = retryAfterSeconds && Math.ceil(now + retryAfterSeconds * 1000);
  return { name, disposition, message, origin, executionId, round, retryAt };
}
