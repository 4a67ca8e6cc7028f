import { type ErrorName, isErrorName } from '#src/core/errors/error-lookup.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { Needs } from '#src/step-support/step.ts';
import { describeOutcome, type Outcome } from './outcome.ts';

/** The errors of a transfer whose execution ended without RecordOutcome, by how the execution ended. */
export const endedOutsideErrors = {
  timedOut: 'ExecutionTimedOutError',
  otherwise: 'ExecutionEndedError',
} as const satisfies Record<string, ErrorName>;

/** True if the reconciler or an operator's stop wrote the outcome, not the execution itself. */
export function wasClosedByReconciler(outcome: Outcome | undefined): boolean {
  if (outcome?.status === 'cancelled') return outcome.cancelledBy !== 'request';
  const error = String(outcome?.error ?? '');
  return isErrorName(error) && (Object.values(endedOutsideErrors) as ErrorName[]).includes(error);
}

/**
 * Writes the end of a transfer from outside its execution, if its state is unchanged.
 * @param reported - the status and the reason
 * @param executionStartedAt - in ms since 1970, for the seconds in the outcome. Default: the row's creation
 * @returns the new row, or undefined if the owner or the state changed
 */
export async function writeEnd(
  ports: Needs<'store'>,
  row: TransferRecord,
  state: 'failed' | 'cancelled',
  reported: Outcome,
  executionStartedAt = row.createdAt,
): Promise<TransferRecord | undefined> {
  const { transferId, fence } = row;
  const started = { executionStartedAt };
  const outcome = await describeOutcome(ports, row, started, reported);
  const patch = { state, outcome, outcomePublished: false };
  const changedAt = ports.clock.now();
  const seen = { state: row.state };
  const isWritten = await ports.store.patchTransfer(transferId, fence, patch, changedAt, seen);
  return isWritten ? { ...row, ...patch, changedAt } : undefined;
}
