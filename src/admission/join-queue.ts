import { maxSlots } from '#src/core/limits/limits.ts';
import type { Priority, Ticket } from '#src/core/queue/queue.ts';
import { isWindowOpen, nextOpening } from '#src/core/queue/transfer-window.ts';
import { transferLogFields } from '#src/core/transfer/log-fields.ts';
import { nextExecutionName, type TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { ownershipLostError } from '#src/step-support/ownership.ts';
import type { Ending } from '#src/step-support/state.ts';
import type { Needs } from '#src/step-support/step.ts';
import type { QueueReason } from './admission.ts';
import { readLiveSlots } from './slots.ts';

type QueuePorts = Needs<'store' | 'queue' | 'settings'>;

/**
 * Puts a transfer into the queue, and returns the ending of its execution.
 * @throws FencedOutError, TransferCancelledError, TableUnavailableError
 */
export async function joinQueue(
  ports: QueuePorts,
  transfer: TransferRecord,
  because: QueueReason,
): Promise<Ending> {
  const queued = await putIntoQueue(ports, transfer);
  await warnOfExpiry(ports, transfer);
  return queuedEnding(ports, queued, because);
}

/**
 * Puts a transfer into the queue. Writes its number, its ticket and its state, then frees its slot, in this order.
 * The dispatcher ignores the ticket of an active transfer, so a crash between two writes loses nothing. A slot that
 * was freed before could be taken by a repeated call of this execution, which then removes the ticket.
 * @returns the row of the queued transfer
 * @throws FencedOutError, TransferCancelledError, TableUnavailableError
 */
export async function putIntoQueue(
  ports: Needs<'store' | 'queue'>,
  transfer: TransferRecord,
): Promise<TransferRecord> {
  const { store, queue, clock, meter } = ports;
  const { transferId, fence, slot } = transfer;
  const ticket = await ticketFor(ports, transfer);
  await queue.putTicket(ticket);
  const patch = { state: 'queued', slot: undefined } as const;
  const seen = { state: 'active' } as const;
  if (!(await store.patchTransfer(transferId, fence, patch, clock.now(), seen)))
    throw await ownershipLostError(ports, transfer);
  if (slot !== undefined) await queue.clearSlot({ slot, transferId, fence });
  meter.add('TransfersQueued', 1);
  return { ...transfer, ...patch, ticketNumber: ticket.number };
}

async function ticketFor(
  { store, queue, clock }: Needs<'store' | 'queue'>,
  { transferId, fence, ticketNumber, options }: TransferRecord,
): Promise<Ticket> {
  const { priority = 'live' } = options;
  const now = clock.now();
  const number = ticketNumber ?? (await queue.nextTicketNumber(priority));
  const patch = { ticketNumber: number, failedStarts: undefined };
  const seen = { state: 'active' } as const;
  if (!(await store.patchTransfer(transferId, fence, patch, now, seen)))
    throw await ownershipLostError({ store }, { transferId });
  return { priority, number, transferId, fence, since: now };
}

/**
 * Returns the ending of an execution whose transfer an earlier call has queued. That call may have died before it
 * freed the slot.
 */
export async function endAsQueued(
  ports: Needs<'queue'>,
  transfer: TransferRecord,
): Promise<Ending> {
  const { transferId, fence } = transfer;
  const live = await readLiveSlots(ports);
  const own = live.find((slot) => slot.transferId === transferId && slot.fence === fence);
  if (own) await ports.queue.clearSlot(own);
  return queuedEnding(ports, transfer);
}

/** Returns the ending of an execution whose transfer is queued. */
export async function queuedEnding(
  { queue }: Pick<QueuePorts, 'queue'>,
  transfer: TransferRecord,
  because?: QueueReason,
): Promise<Ending> {
  const { transferId, source, options, ticketNumber = 0 } = transfer;
  const { bucket, key, versionId, etag } = source;
  return {
    status: 'queued',
    transferId,
    ...(because && { because }),
    position: await positionOf(queue, options.priority ?? 'live', ticketNumber),
    nextExecution: nextExecutionName(transfer),
    ...{ bucket, key, versionId, etag },
  };
}

/** Returns the position in the queue. It is an upper bound if transfers ahead were cancelled. */
async function positionOf(
  queue: QueuePorts['queue'],
  priority: Priority,
  number: number,
): Promise<number> {
  const first = await queue.firstTickets(priority, headLength);
  const ahead = first.filter((ticket) => ticket.number < number);
  const last = ahead.length > maxSlots ? ahead.at(-1) : undefined;
  const position = ahead.length + (last ? number - last.number : 1);
  if (priority === 'live') return position;
  const liveHead = await queue.firstTickets('live', headLength);
  return position + (await lengthFrom(queue, 'live', liveHead));
}

/** Tickets in the head of a queue: more than the stopped transfers, of which each had a slot. */
export const headLength = maxSlots + 1;

/**
 * Returns the number of tickets of a priority. Exact for a short queue. For a long queue it is an upper
 * bound from the last assigned number: cancelled tickets count until they are near the head. Stopped
 * transfers keep old numbers, so the bound starts after the head.
 * @param first - the first `headLength` tickets
 */
export async function lengthFrom(
  queue: QueuePorts['queue'],
  priority: Priority,
  first: readonly Ticket[],
): Promise<number> {
  const last = first.at(-1);
  if (!last || first.length <= maxSlots) return first.length;
  return first.length + Math.max(0, (await queue.lastTicketNumbers())[priority] - last.number);
}

/** Warns if the upload session expires before the transfer can continue. Its chunks are then sent again. */
async function warnOfExpiry(ports: QueuePorts, transfer: TransferRecord): Promise<void> {
  const { store, settings, clock, log } = ports;
  const { transferId, sessionNumber } = transfer;
  if (sessionNumber === 0) return;
  const expiresAt = (await store.session(transferId, sessionNumber))?.session?.expiresAt;
  const { transferWindow } = settings;
  const now = clock.now();
  const isClosed = !isWindowOpen(transferWindow, now);
  const opensAt = transferWindow && isClosed ? nextOpening(transferWindow, now) : undefined;
  if (expiresAt === undefined || (opensAt !== undefined && expiresAt > opensAt)) return;
  log.warn('session expires while the transfer is queued', {
    ...transferLogFields(transfer),
    sessionNumber,
    expiresAt: new Date(expiresAt).toISOString(),
    ...(opensAt && { windowOpensAt: new Date(opensAt).toISOString() }),
  });
}
