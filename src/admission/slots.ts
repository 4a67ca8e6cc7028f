import { TransferError } from '#src/core/errors/transfer-error.ts';
import { leaseSeconds, maxSlots } from '#src/core/limits/limits.ts';
import { priorities, type Slot } from '#src/core/queue/queue.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { isRenewalDue, leaseEndFrom, ownershipLostError } from '#src/step-support/ownership.ts';
import type { Needs } from '#src/step-support/step.ts';
import { findHoldReason, type WaitReason } from './admission.ts';
import { restoreTicket } from './restore-ticket.ts';

type SlotPorts = Needs<'store' | 'queue' | 'settings'>;

/** Whether the transfer may send now, or must wait in the queue. */
export type SlotResult =
  | { readonly slot: 'renewed' | 'acquired'; readonly transfer: TransferRecord }
  | { readonly slot: 'none'; readonly because: WaitReason };

/**
 * Renews the transfer's slot, or acquires a slot. Publishes the start first, at least once. A transfer
 * that the dispatcher did not start acquires a slot only if no queued transfer is ahead of it.
 * @param isDispatched - whether the dispatcher started the execution for this transfer
 * @param publishStart - called after the slot is taken and before the row has it
 * @throws FencedOutError, TransferCancelledError, TableUnavailableError
 */
export async function acquireSlot(
  ports: SlotPorts,
  transfer: TransferRecord,
  isDispatched: boolean,
  publishStart: () => Promise<void>,
): Promise<SlotResult> {
  const hasSlot = await renewOwnSlot(ports, transfer);
  const holdReason = await findHoldReason(ports, hasSlot);
  if (holdReason) return { slot: 'none', because: holdReason };
  if (hasSlot) return { slot: 'renewed', transfer };
  const mayTake = isDispatched || ports.settings.isLocalRun;
  if (!mayTake && (await isAnyAhead(ports, transfer)))
    return { slot: 'none', because: 'other transfers are ahead' };
  const slot = await takeAnySlot(ports, transfer);
  if (slot === undefined) return { slot: 'none', because: 'no slot is free' };
  await publishStart();
  return { slot: 'acquired', transfer: await recordSlot(ports, transfer, slot) };
}

async function renewOwnSlot(
  { queue, clock }: SlotPorts,
  { transferId, fence, slot }: TransferRecord,
): Promise<boolean> {
  if (slot === undefined) return false;
  return queue.renewSlotLease({ slot, transferId, fence, until: leaseEndFrom(clock.now()) });
}

/**
 * Whether a queued transfer has a higher priority or a lower ticket number. A transfer without a number is
 * behind every transfer of its priority. A ticket number alone gives no right to a slot: a repeated step must
 * not overtake the queue.
 */
async function isAnyAhead(
  { queue }: SlotPorts,
  { options, ticketNumber = Number.POSITIVE_INFINITY }: TransferRecord,
): Promise<boolean> {
  const own = priorities.indexOf(options.priority ?? 'live');
  for (const [index, priority] of priorities.slice(0, own + 1).entries()) {
    const [first] = await queue.firstTickets(priority, 1);
    if (first && (index < own || first.number < ticketNumber)) return true;
  }
  return false;
}

/** Whether any transfer waits in the queue. */
export async function isAnyQueued({ queue }: Pick<SlotPorts, 'queue'>): Promise<boolean> {
  for (const priority of priorities) {
    if ((await queue.firstTickets(priority, 1)).length > 0) return true;
  }
  return false;
}

/**
 * Takes over the slot that this transfer holds by this or an older fence, also above a lowered limit: the
 * number of used slots does not change. Otherwise takes a free slot, from a random one on, so concurrent
 * transfers try different slots.
 */
async function takeAnySlot(
  ports: SlotPorts,
  { transferId, fence }: TransferRecord,
): Promise<number | undefined> {
  const { queue, random, settings, clock } = ports;
  const now = clock.now();
  const liveSlots = await readLiveSlots(ports);
  const own = liveSlots.find((slot) => slot.transferId === transferId && slot.fence <= fence);
  const free = own ? [own.slot] : freeSlotNumbers(settings.maxActiveTransfers, liveSlots);
  const from = Math.floor(random() * free.length);
  for (const slot of [...free.slice(from), ...free.slice(0, from)]) {
    const taken = { slot, transferId, fence, since: now, until: leaseEndFrom(now) };
    const isTaken = own ? await queue.takeOverSlot(taken) : await queue.takeSlot(taken, now);
    if (isTaken) return slot;
  }
  return undefined;
}

/** Returns the slots with a live lease. */
export async function readLiveSlots({ queue, clock }: Needs<'queue'>): Promise<Slot[]> {
  const now = clock.now();
  return (await queue.slots(maxSlots)).filter(({ until }) => until >= now);
}

/**
 * Returns the numbers of the free slots. Live slots above a lowered bound count until they are released.
 * @param bound - `maxActiveTransfers`
 */
export function freeSlotNumbers(bound: number, liveSlots: readonly Slot[]): number[] {
  const taken = new Set(liveSlots.map(({ slot }) => slot));
  const numbers = Array.from({ length: bound }, (_, i) => i + 1);
  const count = Math.max(0, bound - liveSlots.length);
  return numbers.filter((number) => !taken.has(number)).slice(0, count);
}

/** Removes the ticket before the row has the slot, so a crash between the writes leaves no ticket. */
async function recordSlot(
  { store, queue, settings, clock }: SlotPorts,
  transfer: TransferRecord,
  slot: number,
): Promise<TransferRecord> {
  const { transferId, fence } = transfer;
  await removeTicket({ queue }, transfer);
  const ticketNumber = await ensureTicketNumber({ queue, settings }, transfer);
  const patch = { slot, ticketNumber, failedStarts: undefined };
  const seen = { state: 'active' } as const;
  if (!(await store.patchTransfer(transferId, fence, patch, clock.now(), seen))) {
    await queue.clearSlot({ slot, transferId, fence });
    // An earlier call of this execution may have queued the transfer meanwhile, with the ticket removed here.
    await restoreTicket({ store, queue }, transferId);
    throw await ownershipLostError({ store }, transfer);
  }
  return { ...transfer, ...patch };
}

/** Assigns a number also to a transfer that never waited. If it is stopped, later transfers start after it. */
async function ensureTicketNumber(
  { queue, settings }: Pick<SlotPorts, 'queue' | 'settings'>,
  { ticketNumber, options }: TransferRecord,
): Promise<number | undefined> {
  if (ticketNumber !== undefined || settings.isLocalRun) return ticketNumber;
  return queue.nextTicketNumber(options.priority ?? 'live');
}

/** Removes the ticket of a transfer. Idempotent. */
export async function removeTicket(
  { queue }: Pick<SlotPorts, 'queue'>,
  { ticketNumber: number, fence, options }: TransferRecord,
): Promise<void> {
  if (number === undefined) return;
  const { priority = 'live' } = options;
  // The ticket has the fence of the owner that queued it: this owner or the owner before.
  for (const queued of [fence, fence - 1]) {
    await queue.removeTicket({ priority, number, fence: queued });
  }
}

/**
 * Renews the slot of a sending transfer, as often as the transfer's lease.
 * @returns false if another transfer has the slot. This transfer must queue again
 */
export async function renewSlot(
  { queue, clock }: Needs<'queue'>,
  { transferId, fence, state, slot, bytesCompleteAt, leaseUntil }: TransferRecord,
): Promise<boolean> {
  // A transfer that was closed or queued meanwhile has lost its slot, even if the slot is free.
  if (state !== 'active') return false;
  const now = clock.now();
  const isSending = slot !== undefined && bytesCompleteAt === undefined;
  if (!isSending || !isRenewalDue({ leaseUntil }, now)) return true;
  return queue.renewSlotLease({ slot, transferId, fence, until: leaseEndFrom(now) });
}

/** Returns the error of a transfer whose slot another transfer has. */
export function slotLostError({ transferId, slot }: TransferRecord): TransferError {
  return new TransferError(
    'SlotLostError',
    `Slot ${slot} was lost: transfer ${transferId} was silent for ${leaseSeconds} s`,
  );
}

/** Releases the slot or the ticket of a transfer. Idempotent. */
export async function releaseSlotOrTicket(
  { queue }: Needs<'queue'>,
  transfer: TransferRecord,
): Promise<void> {
  const { transferId, fence, slot } = transfer;
  // A transfer with a slot has no ticket: the ticket is removed before the row has the slot.
  if (slot === undefined) await removeTicket({ queue }, transfer);
  else await queue.clearSlot({ slot, transferId, fence });
}
