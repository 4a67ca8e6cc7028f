import type { TransferEvent } from '#src/core/ports.ts';
import type { TransferRecord, TransferState } from '#src/core/transfer.ts';
import type { Needs } from './step.ts';

const typeOf: Readonly<Record<Exclude<TransferState, 'active'>, TransferEvent['type']>> = {
  ready: 'Transfer Ready',
  failed: 'Transfer Failed',
  superseded: 'Transfer Superseded',
  refused: 'Transfer Failed',
};

/**
 * Puts the event of a transfer that is over, then marks it as put. To be done after the row was read
 * anew: an older copy may tell of an outcome that no longer is.
 * @returns false where there is nothing left to tell
 * @throws EventNotPublishedError - it is still to be told then
 */
export async function announce(
  { store, events, clock }: Needs<'store' | 'events'>,
  row: TransferRecord,
): Promise<boolean> {
  const { transferId, state, fence, outcome, announced } = row;
  if (state === 'active' || !outcome || announced) return false;
  await events.publish({ type: typeOf[state], detail: outcome, at: clock.now() });
  // A refused start has no owner and so no fence to hold to.
  if (state === 'refused') await store.putRefusal({ ...row, announced: true });
  else await store.patchTransfer(transferId, fence, { announced: true }, clock.now());
  return true;
}
