import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import { describeOutcome, type Outcome } from './outcome.ts';
import type { Needs } from './step.ts';

/**
 * Writes the end of a transfer from outside its execution, if its state is unchanged.
 * @param reported - the status and the reason
 * @returns the new row, or undefined if the owner or the state changed
 */
export async function writeEnd(
  ports: Needs<'store'>,
  row: TransferRecord,
  state: 'failed' | 'cancelled',
  reported: Outcome,
): Promise<TransferRecord | undefined> {
  const { transferId, fence, createdAt } = row;
  const started = { executionStartedAt: createdAt };
  const outcome = await describeOutcome(ports, row, started, reported);
  const patch = { state, outcome, outcomePublished: false };
  const changedAt = ports.clock.now();
  const seen = { state: row.state };
  const isWritten = await ports.store.patchTransfer(transferId, fence, patch, changedAt, seen);
  return isWritten ? { ...row, ...patch, changedAt } : undefined;
}
