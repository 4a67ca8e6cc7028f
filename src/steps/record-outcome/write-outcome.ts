import { releaseSlotOrTicket } from '#src/admission/slots.ts';
import {
  isCancelledByRequest,
  type TransferRecord,
  type TransferState,
} from '#src/core/transfer/transfer-row.ts';
import type { TransferPatch } from '#src/core/transfer/transfer-store.ts';
import type { Outcome } from '#src/outcome/outcome.ts';
import { publishOutcome } from '#src/outcome/publish-outcome.ts';
import { ownershipLostError } from '#src/step-support/ownership.ts';
import type { Needs } from '#src/step-support/step.ts';

/**
 * Writes the outcome into the transfer's row, releases the slot, then publishes the event.
 * @throws FencedOutError, TransferCancelledError - the outcome is not this execution's to write
 */
export async function writeAndPublish(
  ports: Needs<'store' | 'queue' | 'events'>,
  transfer: TransferRecord,
  state: TransferState,
  outcome: Outcome,
): Promise<void> {
  // A redriven execution may replace an end that the reconciler wrote and published.
  const isSame = transfer.state === state && transfer.outcome?.error === outcome.error;
  const outcomePublished = transfer.outcomePublished && isSame;
  const patch = { state, outcome, outcomePublished };
  const changedAt = ports.clock.now();
  await writeOutcome(ports, transfer, patch, changedAt);
  await releaseSlotOrTicket(ports, transfer);
  await publishOutcome(ports, { ...transfer, ...patch, changedAt });
}

/** Attempts to write. An attempt fails if the state of the row changed in between. */
const maxWriteAttempts = 3;

/** Replaces an outcome of the reconciler, but not the cancel of an operator. */
async function writeOutcome(
  ports: Needs<'store'>,
  { transferId, fence, ...transfer }: TransferRecord,
  patch: TransferPatch,
  now: number,
): Promise<void> {
  let { state } = transfer;
  for (let attempt = 0; attempt < maxWriteAttempts; attempt++) {
    if (await ports.store.patchTransfer(transferId, fence, patch, now, { state })) return;
    const row = await ports.store.transfer(transferId);
    if (row?.fence !== fence || isCancelledByRequest(row)) break;
    state = row.state;
  }
  throw await ownershipLostError(ports, { transferId });
}
