import { queuedEnding } from '#src/admission/join-queue.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { wasClosedByReconciler } from '#src/outcome/ended-outside.ts';
import { leaseEndFrom } from '#src/step-support/ownership.ts';
import type { DispatchedStart, Ending } from '#src/step-support/state.ts';
import type { Invocation, Needs } from '#src/step-support/step.ts';
import {
  alreadyIngestedEnding,
  cancelledEnding,
  noLongerQueuedEnding,
  runningElsewhereEnding,
} from './skipped-starts.ts';
import { contendedError, maxTakeAttempts, type TakeResult } from './take-transfer.ts';

/**
 * Takes the queued transfer that the dispatcher started this execution for.
 * @throws InvalidInputError - no transfer has that id
 * @throws RowContendedError - other executions changed the row in every attempt
 */
export async function takeQueued(
  ports: Needs<'store' | 'queue'>,
  { dispatched }: DispatchedStart,
  { executionId }: Invocation,
): Promise<TakeResult> {
  const { transferId, fence } = dispatched;
  for (let attempt = 0; attempt < maxTakeAttempts; attempt++) {
    const before = await ports.store.transfer(transferId);
    if (!before) throw unknownTransferError(transferId);
    if (before.owner === executionId && isContinuable(before)) return { taken: before, before };
    if (before.state !== 'queued' || before.fence !== fence)
      return { ending: await endingOf(ports, before) };
    const now = ports.clock.now();
    const owned = { owner: executionId, fence: fence + 1, leaseUntil: leaseEndFrom(now) };
    const taken = { ...before, ...owned, state: 'active', changedAt: now } as const;
    await ports.store.recordExecution(executionId, transferId);
    if (!(await ports.store.takeTransfer(taken, before))) continue;
    ports.meter.add('TransfersDispatched', 1);
    return { taken, before };
  }
  throw contendedError();
}

/** True if an earlier call took the transfer, or if it was ended from outside before a redrive. */
function isContinuable({ state, outcome }: TransferRecord): boolean {
  return state === 'active' || wasClosedByReconciler(outcome);
}

function unknownTransferError(transferId: string): TransferError {
  const message = `Invalid dispatched.transferId ${JSON.stringify(transferId)}: no such transfer.`;
  return new TransferError('InvalidInputError', message);
}

/** Returns the ending of an execution whose transfer was taken, ended or queued again before it started. */
async function endingOf(
  ports: Pick<Needs<'queue'>, 'queue'>,
  row: TransferRecord,
): Promise<Ending> {
  switch (row.state) {
    case 'active':
      return runningElsewhereEnding(row);
    case 'queued':
      return queuedEnding(ports, row);
    case 'ready':
      return alreadyIngestedEnding(row);
    case 'cancelled':
      return cancelledEnding(row);
    default:
      return noLongerQueuedEnding(row);
  }
}
