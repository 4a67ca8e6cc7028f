import { type ErrorName, isErrorName } from '#src/core/errors/errors.ts';
import type { Outcome } from './outcome.ts';

/** The names by which a transfer is failed from outside, by how its execution ended. */
export const endedOutsideErrors = {
  timedOut: 'ExecutionTimedOutError',
  otherwise: 'ExecutionEndedError',
} as const satisfies Record<string, ErrorName>;

/** Whether an outcome was written from outside, and not by the execution itself. */
export function wasEndedOutside(outcome: Outcome | undefined): boolean {
  if (outcome?.status === 'cancelled') return outcome.cancelledBy !== 'request';
  const error = String(outcome?.error ?? '');
  return isErrorName(error) && (Object.values(endedOutsideErrors) as ErrorName[]).includes(error);
}
