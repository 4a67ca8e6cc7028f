import { type ErrorName, isErrorName } from '#src/core/errors/errors.ts';
import type { Outcome } from './outcome.ts';

/** The errors of a transfer whose execution ended without RecordOutcome, by how the execution ended. */
export const endedOutsideErrors = {
  timedOut: 'ExecutionTimedOutError',
  otherwise: 'ExecutionEndedError',
} as const satisfies Record<string, ErrorName>;

/** True if the reconciler or an operator's stop wrote the outcome, not the execution itself. */
export function wasEndedOutside(outcome: Outcome | undefined): boolean {
  if (outcome?.status === 'cancelled') return outcome.cancelledBy !== 'request';
  const error = String(outcome?.error ?? '');
  return isErrorName(error) && (Object.values(endedOutsideErrors) as ErrorName[]).includes(error);
}
