import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { Needs } from '#src/step-support/step.ts';

/** Writes the ticket of a queued transfer again. A ticket that exists stays as it is. */
export async function rewriteTicket(
  { queue }: Pick<Needs<'queue'>, 'queue'>,
  { transferId, fence, ticketNumber: number, changedAt: since, options }: TransferRecord,
): Promise<void> {
  const { priority = 'live' } = options;
  if (number !== undefined) await queue.putTicket({ priority, number, transferId, fence, since });
}

/**
 * Writes the ticket of a transfer again if the transfer is queued: a queued transfer without a ticket never starts.
 * @returns whether the transfer is queued
 */
export async function restoreTicket(
  ports: Pick<Needs<'store' | 'queue'>, 'store' | 'queue'>,
  transferId: string,
): Promise<boolean> {
  const row = await ports.store.transfer(transferId);
  if (row?.state !== 'queued') return false;
  await rewriteTicket(ports, row);
  return true;
}
