import type { QueueStore, Slot, Ticket } from '#src/core/queue/queue.ts';
import { isCancelledByRequest, type TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { Sandbox } from '../harness/sandbox.ts';
import type { CheckContext, Tables } from './checked-store.ts';

/** The maximum difference between clocks, in ms. */
const skewMs = 5_000;

/** A transfer that waits longer than this must not be overtaken, in ms. */
const settledMs = 60_000;

/** State of the queue that the checks record. */
export interface QueueMemory {
  /** The execution that took a transfer, by ticket. */
  readonly takenBy: Map<string, string>;
  /** When an operator cancelled a transfer. A manual start that takes it again removes the entry. */
  readonly cancelledAt: Map<string, number>;
  /** Transfers whose start failed because of a fault: others may overtake them. */
  readonly disturbed: Set<string>;
}

export function openQueueMemory(): QueueMemory {
  return { takenBy: new Map(), cancelledAt: new Map(), disturbed: new Set() };
}

/** Returns a queue that checks one transfer per slot, the slot limit, and a ticket for each wait. */
export function watchedQueue(
  tables: Tables,
  checkContext: CheckContext,
  sandbox: Sandbox,
): QueueStore {
  const { queue } = tables;
  return {
    ...queue,
    takeSlot: async (slot, now) => {
      const before = queue.held.get(slot.slot);
      const isTaken = await queue.takeSlot(slot, now);
      if (isTaken) checkSlot(tables, checkContext, slot, before);
      if (isTaken) await checkOvertaking(tables, checkContext, slot, sandbox);
      return isTaken;
    },
    takeOverSlot: async (slot) => {
      const before = queue.held.get(slot.slot);
      const isTaken = await queue.takeOverSlot(slot);
      if (isTaken) checkTakeOver(checkContext, slot, before);
      return isTaken;
    },
    removeTicket: async (ticket) => {
      const before = findTicket(tables, ticket);
      await queue.removeTicket(ticket);
      if (before)
        await checkTicketOf(tables, checkContext, before.transferId, `${sandbox.name} removed it`);
    },
  };
}

function checkSlot(
  { queue }: Tables,
  { violations, bound }: CheckContext,
  slot: Slot,
  before?: Slot,
): void {
  const isLive = ({ until }: Slot) => until > Date.now() + skewMs;
  if (before && isLive(before) && before.transferId !== slot.transferId)
    violations.report('one transfer per slot', `slot ${slot.slot} was ${before.transferId}'s`);
  const live = [...queue.held.values()].filter(isLive).length;
  if (live > bound()) violations.report('no more slots than the limit', `${live} of ${bound()}`);
}

/**
 * Checks that a transfer takes over only the slot that it holds. The number of slots then stays, so it may be
 * above a limit that was lowered after the slot was taken.
 */
function checkTakeOver(
  { violations }: CheckContext,
  { slot, transferId }: Slot,
  before?: Slot,
): void {
  if (before?.transferId === transferId) return;
  const what = `slot ${slot} was ${before?.transferId ?? 'free'}`;
  violations.report('a transfer takes over its own slot', what);
}

/** Checks that a transfer without a ticket takes no slot before longer waiting transfers. */
async function checkOvertaking(
  { store, queue }: Tables,
  { violations }: CheckContext,
  { transferId }: Slot,
  { beganAt, name }: Sandbox,
): Promise<void> {
  const row = await store.transfer(transferId);
  if (row?.ticketNumber !== undefined) return;
  const isLive = row?.options.priority !== 'backfill';
  for (const ticket of queue.tickets()) {
    if (isLive && ticket.priority === 'backfill') continue;
    const waiting = await waitingRow({ store }, ticket);
    if (waiting && waiting.changedAt < beganAt - skewMs && ticket.since < beganAt - skewMs)
      return violations.report(
        'order of arrival',
        `${name}: ${transferId} passed ${nameOf(ticket)}`,
      );
  }
}

/** Checks that a queued transfer has a ticket. */
export async function checkTicketOf(
  tables: Tables,
  { violations }: Pick<CheckContext, 'violations'>,
  transferId: string,
  what: string,
): Promise<void> {
  const row = await tables.store.transfer(transferId);
  if (row?.state !== 'queued') return;
  const { fence, ticketNumber: number = 0, options } = row;
  const { priority = 'live' } = options;
  if (!findTicket(tables, { priority, number, fence }))
    violations.report('a queued transfer keeps its ticket', `${transferId}: ${what}`);
}

/** Checks that the execution started for a queued transfer takes it. */
export async function checkTaking(
  tables: Tables,
  checkContext: CheckContext,
  taken: TransferRecord,
  before: TransferRecord,
): Promise<void> {
  const { violations } = checkContext;
  const { transferId, owner } = taken;
  const { input, startedAt } = checkContext.executionOf(owner) ?? {};
  const { dispatched } = (input ?? {}) as { dispatched?: { fence: number } };
  const key = `${transferId} ${dispatched?.fence}`;
  const first = tables.memory.takenBy.get(key) ?? owner;
  tables.memory.takenBy.set(key, first);
  if (first !== owner)
    violations.report('one execution takes a ticket', `${owner} after ${first}: ${key}`);
  if (dispatched?.fence !== before.fence)
    violations.report('an execution takes its own ticket', `${owner}: fence ${before.fence}`);
  if (startedAt !== undefined) await checkOrder(tables, checkContext, before, startedAt);
}

/** Checks that fewer undisturbed transfers than the limit wait before a taken transfer. */
async function checkOrder(
  { store, queue, memory }: Tables,
  { violations, bound }: CheckContext,
  { transferId, ticketNumber = 0, options }: TransferRecord,
  startedAt: number,
): Promise<void> {
  const { priority = 'live' } = options;
  const passed: string[] = [];
  for (const ticket of queue.tickets()) {
    if (ticket.transferId === transferId || memory.disturbed.has(ticket.transferId)) continue;
    if (ticket.priority === priority && ticket.number > ticketNumber) continue;
    if (priority === 'live' && ticket.priority !== 'live') continue;
    const row = await waitingRow({ store }, ticket);
    if (row && row.changedAt < startedAt - settledMs) passed.push(nameOf(ticket));
  }
  if (passed.length >= bound())
    violations.report('order of arrival', `${priority} ${ticketNumber} passed ${passed.join(' ')}`);
}

/** Checks a write to the row of a cancelled transfer. */
export function checkCancelled(
  { memory }: Tables,
  { violations, executionOf }: CheckContext,
  before: TransferRecord | undefined,
  after: Partial<TransferRecord>,
): void {
  if (!before || !isCancelledByRequest(before)) {
    if (before && isCancelledByRequest({ state: 'active', ...after }))
      memory.cancelledAt.set(before.transferId, Date.now());
    return;
  }
  const { transferId } = before;
  if (after.state === undefined || after.state === 'cancelled') return;
  const taker = after.owner === undefined ? undefined : executionOf(after.owner);
  const isManual = taker !== undefined && !isEvent(taker.input) && !isDispatched(taker.input);
  const cancelledAt = memory.cancelledAt.get(transferId) ?? 0;
  if (!isManual || taker.startedAt < cancelledAt - skewMs)
    violations.report('cancelled stays cancelled', `${transferId} became ${after.state}`);
  memory.cancelledAt.delete(transferId);
}

const isEvent = (input: unknown) =>
  typeof input === 'object' && input !== null && 'detail' in input;

const isDispatched = (input: unknown) =>
  typeof input === 'object' && input !== null && 'dispatched' in input;

async function waitingRow(
  { store }: Pick<Tables, 'store'>,
  { transferId, fence }: Ticket,
): Promise<TransferRecord | undefined> {
  const row = await store.transfer(transferId);
  return row?.state === 'queued' && row.fence === fence ? row : undefined;
}

function findTicket(
  { queue }: Tables,
  { priority, number, fence }: Pick<Ticket, 'priority' | 'number' | 'fence'>,
): Ticket | undefined {
  return queue
    .tickets()
    .find((one) => one.priority === priority && one.number === number && one.fence === fence);
}

function nameOf({ priority, number }: Ticket): string {
  return `${priority} ${number}`;
}
