import type { TransferEvent } from '#src/core/ports/events.ts';
import { isOver, type TransferRecord, type TransferState } from '#src/core/transfer/transfer.ts';
import type { Needs } from './step.ts';

/** The event by which each end is published. */
export const eventTypes: Readonly<
  Record<Exclude<TransferState, 'queued' | 'active'>, TransferEvent['type']>
> = {
  ready: 'Transfer Ready',
  failed: 'Transfer Failed',
  superseded: 'Transfer Superseded',
  refused: 'Transfer Failed',
  cancelled: 'Transfer Cancelled',
};

/** An end that is replaced by another while it is told is told again as that; each is an execution's. */
const maxTellings = 3;

/**
 * Puts the event of a transfer that is over, then marks it as put while it still stands: where another
 * end has taken its place meanwhile, that one is told too. To be done after the row was read anew: an
 * older copy may tell of an outcome that no longer is.
 * @returns false where there is nothing left to tell
 * @throws EventNotPublishedError - it is still to be told then
 */
export async function publishOutcome(
  ports: Needs<'store' | 'events'>,
  row: TransferRecord,
): Promise<boolean> {
  let standing: TransferRecord | undefined = row;
  let told = false;
  for (let telling = 0; standing && telling < maxTellings; telling++) {
    if (!isUnpublished(standing)) return told;
    await tell(ports, standing);
    told = true;
    if (await mark(ports, standing)) return told;
    standing = await ports.store.transfer(row.transferId);
  }
  return told;
}

function isUnpublished({ state, outcome, outcomePublished }: TransferRecord): boolean {
  return isOver(state) && outcome !== undefined && !outcomePublished;
}

async function tell(
  { events, clock }: Needs<'events'>,
  { state, outcome = {} }: TransferRecord,
): Promise<void> {
  if (!isOver(state)) return;
  await events.publish({ type: eventTypes[state], detail: outcome, at: clock.now() });
}

/** A refused start has no owner and so no fence to hold to. */
async function mark({ store, clock }: Needs<'store'>, row: TransferRecord): Promise<boolean> {
  const { transferId, fence, state, changedAt } = row;
  if (state !== 'refused') {
    const seen = { state, changedAt };
    return store.patchTransfer(transferId, fence, { outcomePublished: true }, clock.now(), seen);
  }
  await store.putRejection({ ...row, outcomePublished: true });
  return true;
}
