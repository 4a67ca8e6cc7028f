import { TransferError } from '#src/core/errors/errors.ts';
import { leaseRenewalSeconds, leaseSeconds, maxSlots } from '#src/core/limits/limits.ts';
import { priorities, type Slot } from '#src/core/queue/queue.ts';
import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import { leaseEndFrom, ownershipLostError } from '#src/transfer/ownership.ts';
import type { Needs } from '#src/transfer/step.ts';
import { findHoldReason, type WaitReason } from './admission.ts';

type SlotPorts = Needs<'store' | 'queue' | 'settings'>;

/** The transfer may send now, or must wait in the queue. */
export type SlotResult =
  | { readonly slot: 'kept' | 'acquired'; readonly transfer: TransferRecord }
  | { readonly slot: 'none'; readonly because: WaitReason };

/**
 * Renews the transfer's slot, or acquires one. Publishes the start first: at least once. A transfer
 * that was not in the queue yet acquires a slot only while no other one waits before it.
 * @param publishStart - called once a slot is taken and before the row says so
 * @throws FencedOutError, TransferCancelledError, TableUnavailableError
 */
export async function acquireSlot(
  ports: SlotPorts,
  transfer: TransferRecord,
  publishStart: () => Promise<void>,
): Promise<SlotResult> {
  const isHeld = await isStillHeld(ports, transfer);
  const held = await findHoldReason(ports, isHeld);
  if (held) return { slot: 'none', because: held };
  if (isHeld) return { slot: 'kept', transfer };
  const isNew = transfer.ticketNumber === undefined && !ports.settings.isLocalRun;
  if (isNew && (await isAnyAhead(ports, transfer)))
    return { slot: 'none', because: 'others wait before it' };
  const slot = await takeFreeSlot(ports, transfer);
  if (slot === undefined) return { slot: 'none', because: 'no slot is free' };
  await publishStart();
  return { slot: 'acquired', transfer: await recordSlot(ports, transfer, slot) };
}

async function isStillHeld(
  { queue, clock }: SlotPorts,
  { transferId, fence, slot }: TransferRecord,
): Promise<boolean> {
  if (slot === undefined) return false;
  return queue.renewSlotLease({ slot, transferId, fence, until: leaseEndFrom(clock.now()) });
}

/** Whether any transfer of the same or a higher priority waits in the queue. */
async function isAnyAhead({ queue }: SlotPorts, { options }: TransferRecord): Promise<boolean> {
  const own = priorities.indexOf(options.priority ?? 'live');
  for (const priority of priorities.slice(0, own + 1))
    if ((await queue.firstTickets(priority, 1)).length > 0) return true;
  return false;
}

/** Starts at a random free slot: transfers that come at once then try different ones. */
async function takeFreeSlot(
  ports: SlotPorts,
  { transferId, fence }: TransferRecord,
): Promise<number | undefined> {
  const { queue, random, settings, clock } = ports;
  const now = clock.now();
  const held = await liveSlots(ports);
  const own = held.find((slot) => slot.transferId === transferId && slot.fence <= fence);
  const free = own ? [own.slot] : freeSlots(settings.maxActiveTransfers, held);
  const from = Math.floor(random() * free.length);
  for (const slot of [...free.slice(from), ...free.slice(0, from)]) {
    const taken = { slot, transferId, fence, since: now, until: leaseEndFrom(now) };
    if (await queue.takeSlot(taken, now)) return slot;
  }
  return undefined;
}

/** Returns the slots whose lease is not over. */
export async function liveSlots({ queue, clock }: Needs<'queue'>): Promise<Slot[]> {
  const now = clock.now();
  return (await queue.slots(maxSlots)).filter(({ until }) => until >= now);
}

/** Returns the free slots. After the bound was lowered, slots beyond it count until they are released. */
export function freeSlots(bound: number, held: readonly Slot[]): number[] {
  const taken = new Set(held.map(({ slot }) => slot));
  const slots = Array.from({ length: bound }, (_, i) => i + 1);
  return slots.filter((slot) => !taken.has(slot)).slice(0, Math.max(0, bound - held.length));
}

/** Removes the ticket before the row has the slot: a crash between leaves no ticket behind. */
async function recordSlot(
  { store, queue, settings, clock }: SlotPorts,
  transfer: TransferRecord,
  slot: number,
): Promise<TransferRecord> {
  const { transferId, fence } = transfer;
  await removeTicket({ queue }, transfer);
  const ticketNumber = await numberOf({ queue, settings }, transfer);
  const patch = { slot, ticketNumber, failedStarts: undefined };
  const seen = { state: 'active' } as const;
  if (!(await store.patchTransfer(transferId, fence, patch, clock.now(), seen))) {
    await queue.clearSlot({ slot, transferId, fence });
    throw await ownershipLostError({ store }, transfer);
  }
  return { ...transfer, ...patch };
}

/** A transfer that never waited draws a number too: if it is stopped, later ones start after it. */
async function numberOf(
  { queue, settings }: Pick<SlotPorts, 'queue' | 'settings'>,
  { ticketNumber, options }: TransferRecord,
): Promise<number | undefined> {
  if (ticketNumber !== undefined || settings.isLocalRun) return ticketNumber;
  return queue.nextTicketNumber(options.priority ?? 'live');
}

/** Removes the ticket of a transfer, whichever of its owners queued it; harmless to repeat. */
export async function removeTicket(
  { queue }: Pick<SlotPorts, 'queue'>,
  { ticketNumber: number, fence, options }: TransferRecord,
): Promise<void> {
  if (number === undefined) return;
  const { priority = 'live' } = options;
  // The ticket bears the fence of the owner that queued it: this one, or the one before it.
  for (const queued of [fence, fence - 1]) {
    await queue.removeTicket({ priority, number, fence: queued });
  }
}

/**
 * Renews the slot of a transfer that still sends, as often as its lease is renewed.
 * @returns false when another transfer has the slot: this one must queue again
 */
export async function renewSlot(
  { queue, clock }: Needs<'queue'>,
  { transferId, fence, state, slot, bytesCompleteAt, leaseUntil }: TransferRecord,
): Promise<boolean> {
  // Ended from outside, or queued: the slot is lost even where it is still free.
  if (state !== 'active') return false;
  const now = clock.now();
  const isDue = leaseUntil - now <= (leaseSeconds - leaseRenewalSeconds) * 1000;
  if (slot === undefined || bytesCompleteAt !== undefined || !isDue) return true;
  return queue.renewSlotLease({ slot, transferId, fence, until: leaseEndFrom(now) });
}

/** The error of a transfer whose slot another transfer has. */
export function slotLost({ transferId, slot }: TransferRecord): TransferError {
  return new TransferError(
    'SlotLostError',
    `Slot ${slot} was lost: transfer ${transferId} was silent for ${leaseSeconds} s`,
  );
}

/** Releases the slot or the ticket that a transfer may hold; harmless to repeat. */
export async function releaseSlotOrTicket(
  { queue }: Needs<'queue'>,
  transfer: TransferRecord,
): Promise<void> {
  const { transferId, fence, slot } = transfer;
  // A transfer with a slot has no ticket: the row had the slot after the ticket was removed.
  if (slot === undefined) await removeTicket({ queue }, transfer);
  else await queue.clearSlot({ slot, transferId, fence });
}
