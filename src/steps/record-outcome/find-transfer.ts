import type * as z from 'zod/mini';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { fencedOutError, isOwnedByAnother } from '#src/step-support/ownership.ts';
import type { endedSchema } from '#src/step-support/state.ts';
import type { Invocation, Needs } from '#src/step-support/step.ts';
import { transferIdOf } from '#src/step-support/transfer-ids.ts';

/** The fields by which a final state names its transfer. */
type NamedTransfer = Pick<z.infer<typeof endedSchema>, 'transferId' | 'dispatched' | 'objectId'>;

function idIn({ transferId, dispatched }: NamedTransfer): string | undefined {
  return transferId ?? dispatched?.transferId;
}

/**
 * Returns the row if this execution owns it. Also finds the row of an execution that failed after it
 * took the transfer and before its state named the transfer.
 */
export async function findOwnedTransfer(
  { store }: Needs<'store'>,
  named: NamedTransfer,
  { executionId }: Invocation,
): Promise<TransferRecord | undefined> {
  const { objectId } = named;
  const id =
    idIn(named) ?? (objectId && transferIdOf(objectId, await store.latestIngestNumber(objectId)));
  const transfer = id ? await store.transfer(id) : undefined;
  return transfer?.owner === executionId ? transfer : undefined;
}

/**
 * True if the dispatched transfer is queued. The dispatcher then starts another execution for it, and
 * fails the transfer after too many of them.
 */
export async function isStillQueued(
  { store }: Needs<'store'>,
  { dispatched }: NamedTransfer,
): Promise<boolean> {
  if (dispatched === undefined) return false;
  return (await store.transfer(dispatched.transferId))?.state === 'queued';
}

/**
 * Checks that no other execution has taken the transfer. Example: an execution was stopped while it
 * failed, another made the asset ready, and a redrive must not report the ready asset as failed.
 * The state names the transfer, or else the record of the execution does.
 * @throws FencedOutError - another execution reports this transfer
 */
export async function assertNotTakenOver(
  { store }: Needs<'store'>,
  named: NamedTransfer,
  invocation: Invocation,
): Promise<void> {
  const namedId = idIn(named);
  const id = namedId ?? (await store.transferOfExecution(invocation.executionId));
  const row = id === undefined ? undefined : await store.transfer(id);
  if (!row || (namedId === undefined && !isOwnedByAnother(row, invocation))) return;
  throw fencedOutError(row.transferId, row.owner);
}
