import type { TransferEvent } from '#src/core/ports/events.ts';
import {
  isOver,
  type TransferRecord,
  type TransferState,
} from '#src/core/transfer/transfer-row.ts';
import type { Needs } from '#src/step-support/step.ts';

/** The type of the event for each end. */
export const eventTypes: Readonly<
  Record<Exclude<TransferState, 'queued' | 'active'>, TransferEvent['type']>
> = {
  ready: 'Transfer Ready',
  failed: 'Transfer Failed',
  superseded: 'Transfer Superseded',
  rejected: 'Transfer Failed',
  cancelled: 'Transfer Cancelled',
};

/** The most events of one call. Each end that replaces another during the call has an event of its own. */
const maxPublishes = 3;

/**
 * Publishes the event of a transfer that ended, then marks the row as published if the end is unchanged.
 * If another end replaced it, publishes that end as well. Read the row just before the call: an older
 * copy can contain a replaced outcome.
 * @returns true if an event was published
 * @throws EventNotPublishedError - the outcome stays unpublished, and a later call publishes it
 */
export async function publishOutcome(
  ports: Needs<'store' | 'events'>,
  row: TransferRecord,
): Promise<boolean> {
  let current: TransferRecord | undefined = row;
  for (let published = 0; published < maxPublishes; published++) {
    if (!current || !isUnpublished(current)) return published > 0;
    await publishEvent(ports, current);
    if (await markPublished(ports, current)) return true;
    current = await ports.store.transfer(row.transferId);
  }
  return true;
}

function isUnpublished({ state, outcome, outcomePublished }: TransferRecord): boolean {
  return isOver(state) && outcome !== undefined && !outcomePublished;
}

async function publishEvent(
  { events, clock }: Needs<'events'>,
  { state, outcome = {} }: TransferRecord,
): Promise<void> {
  if (!isOver(state)) return;
  await events.publish({ type: eventTypes[state], detail: outcome, at: clock.now() });
}

/** Returns false if the end changed. A rejected start has no owner, so its row needs no fence. */
async function markPublished(
  { store, clock }: Needs<'store'>,
  row: TransferRecord,
): Promise<boolean> {
  const { transferId, fence, state, changedAt } = row;
  if (state !== 'rejected') {
    const seen = { state, changedAt };
    return store.patchTransfer(transferId, fence, { outcomePublished: true }, clock.now(), seen);
  }
  await store.putRejection({ ...row, outcomePublished: true });
  return true;
}
