import { maxSlots } from '#src/core/limits/limits.ts';
import type { Priority, Ticket } from '#src/core/queue/queue.ts';
import { isWindowOpen, nextOpening } from '#src/core/queue/transfer-window.ts';
import { nextExecutionName, type TransferRecord } from '#src/core/transfer/transfer.ts';
import { transferLogFields } from '#src/transfer/outcome.ts';
import { ownershipLostError } from '#src/transfer/ownership.ts';
import type { Ending } from '#src/transfer/state.ts';
import type { Needs } from '#src/transfer/step.ts';
import type { WaitReason } from './admission.ts';

type QueuePorts = Needs<'store' | 'queue' | 'settings'>;

/**
 * Puts a transfer into the queue: its number, its ticket, then its state, in this order. The dispatcher
 * leaves a ticket alone whose transfer is still active, so a crash between two writes loses nothing.
 * @throws FencedOutError, TransferCancelledError, TableUnavailableError
 */
export async function joinQueue(
  ports: QueuePorts,
  transfer: TransferRecord,
  because: WaitReason,
): Promise<Ending> {
  const { store, queue, clock, meter } = ports;
  const { transferId, fence, slot } = transfer;
  const ticket = await ticketFor(ports, transfer);
  await queue.putTicket(ticket);
  if (slot !== undefined) await queue.clearSlot({ slot, transferId, fence });
  const patch = { state: 'queued', slot: undefined } as const;
  const seen = { state: 'active' } as const;
  if (!(await store.patchTransfer(transferId, fence, patch, clock.now(), seen)))
    throw await ownershipLostError(ports, transfer);
  meter.add('TransfersQueued', 1);
  await warnOfExpiry(ports, transfer);
  return queuedEnding(ports, { ...transfer, ...patch, ticketNumber: ticket.number }, because);
}

async function ticketFor(
  { store, queue, clock }: QueuePorts,
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

/** What the execution of a queued transfer ends with. */
export async function queuedEnding(
  { queue }: Pick<QueuePorts, 'queue'>,
  transfer: TransferRecord,
  because?: WaitReason,
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

/** Returns the position in the queue, at most: fewer wait before it where some were cancelled. */
async function positionOf(
  queue: QueuePorts['queue'],
  priority: Priority,
  number: number,
): Promise<number> {
  const first = await queue.firstTickets(priority, headLength);
  const ahead = first.filter((ticket) => ticket.number < number);
  const last = ahead.length > maxSlots ? ahead.at(-1) : undefined;
  const among = ahead.length + (last ? number - last.number : 1);
  if (priority === 'live') return among;
  return among + (await queuedOf(queue, 'live'));
}

/**
 * How many tickets of a priority there are: exact for a short queue, else an upper bound, since cancelled
 * ones count until they come near the head. Transfers that were stopped keep old numbers; there are at
 * most as many as slots, so the bound starts behind them.
 */
export async function queuedOf(queue: QueuePorts['queue'], priority: Priority): Promise<number> {
  return lengthBehind(queue, priority, await queue.firstTickets(priority, headLength));
}

/** Tickets that tell the head of a queue: one more than transfers that were stopped can stand there. */
export const headLength = maxSlots + 1;

/** As `queuedOf`, for a caller that has read the head of the queue. */
export async function lengthBehind(
  queue: QueuePorts['queue'],
  priority: Priority,
  first: readonly Ticket[],
): Promise<number> {
  const last = first.at(-1);
  if (!last || first.length <= maxSlots) return first.length;
  return first.length + Math.max(0, (await queue.lastTicketNumbers())[priority] - last.number);
}

/** A session goes on after a stop, unless it ends first: then its chunks are sent again. */
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
  log.warn('the upload session ends unless the transfer goes on before', {
    ...transferLogFields(transfer),
    sessionNumber,
    expiresAt: new Date(expiresAt).toISOString(),
    ...(opensAt && { windowOpensAt: new Date(opensAt).toISOString() }),
  });
}
