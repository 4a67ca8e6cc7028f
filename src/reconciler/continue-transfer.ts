import { putIntoQueue } from '#src/admission/join-queue.ts';
import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { maxFullHistories } from '#src/core/limits/limits.ts';
import { transferLogFields } from '#src/core/transfer/log-fields.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { FinishedExecution, ReconcilerPorts } from './reconciler-ports.ts';

/**
 * Returns whether a new execution can continue the transfer of an execution that Step Functions ended because its
 * history was full: retries of tasks take events that no function can count. Step Functions names no error of its
 * own for it; the cause is as users report it (loads/ardere#86, floci-io/floci#2734).
 */
export function mayContinue(
  { state, bytesCompleteAt, fullHistories = 0 }: TransferRecord,
  { status, error, cause = '' }: FinishedExecution,
): boolean {
  const isFull =
    status === 'failed' &&
    error === 'States.Runtime' &&
    cause.includes('maximum number of history events');
  const isSending = state === 'active' && bytesCompleteAt === undefined;
  return isFull && isSending && fullHistories < maxFullHistories;
}

/**
 * Queues a transfer with its earlier ticket number: the next execution continues from the stored chunks.
 * @param seen - the row as last read. Another owner, fence or state prevents the change
 * @returns whether this call queued the transfer
 */
export async function continueTransfer(
  ports: ReconcilerPorts,
  seen: TransferRecord,
): Promise<boolean> {
  const { store, clock, log } = ports;
  const { transferId, fence, fullHistories = 0 } = seen;
  const patch = { fullHistories: fullHistories + 1 };
  const isOwned = { state: 'active' } as const;
  if (!(await store.patchTransfer(transferId, fence, patch, clock.now(), isOwned))) return false;
  try {
    await putIntoQueue(ports, { ...seen, ...patch });
  } catch (error) {
    if (errorMeans(error, 'ownershipLost') || errorMeans(error, 'cancelled')) return false;
    throw error;
  }
  const because = 'the history of its execution was full';
  log.warn('transfer queued again', { ...transferLogFields(seen), because });
  return true;
}
