import type { ErrorOrigin } from '#src/core/errors/errors.ts';
import type { CallRate, SharedRates } from '#src/core/rates/call-rate.ts';

/**
 * The slots that bound how many transfers send at once, the tickets of those that wait for one, what an
 * operator paused, and the call rates that all functions share. Every change is one conditional write.
 */

/** One of the `maxActiveTransfers` slots; a slot without a row is free. */
export interface Slot {
  /** From 1 to `maxActiveTransfers`. */
  readonly slot: number;
  readonly transferId: string;
  /** The transfer's fence when it took the slot. A replaced owner can neither keep nor free the slot. */
  readonly fence: number;
  /** When the slot was taken, in milliseconds since 1970. */
  readonly since: number;
  /** The lease, in milliseconds since 1970. After it, any transfer may take the slot. */
  readonly until: number;
}

/** The order in which queued transfers start: all live ones before any backfill. */
export const priorities = ['live', 'backfill'] as const;

export type Priority = (typeof priorities)[number];

/** One place in the queue. Tickets sort by priority, then by number. */
export interface Ticket {
  readonly priority: Priority;
  /** Drawn in order of arrival, for each priority by itself. */
  readonly number: number;
  readonly transferId: string;
  /** The transfer's fence when it was queued; a ticket with another fence than the row's is stale. */
  readonly fence: number;
  /** When the transfer was queued, in milliseconds since 1970. */
  readonly since: number;
}

/** What happens to the transfers under way when the stack is paused or its window closes. */
export const stopModes = ['finish', 'stop'] as const;

/** `finish` lets them complete; `stop` ends them at the next chunk and queues them. */
export type StopMode = (typeof stopModes)[number];

/** A pause that an operator set. */
export interface Pause {
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly underWay: StopMode;
}

/** The ticket that was first in the queue when the dispatcher last looked while slots were free. */
export interface QueueHead {
  readonly ticket: string;
  /** When it was seen first, in milliseconds since 1970. */
  readonly since: number;
  /** When it was seen last, in milliseconds since 1970. */
  readonly seenAt: number;
}

/** All methods throw `TableUnavailableError` when the table can't be reached. */
export interface QueueStore {
  /** Draws the next ticket number of a priority. */
  nextTicketNumber(priority: Priority): Promise<number>;
  /** Returns the last number drawn of each priority; 0 before the first. */
  lastTicketNumbers(): Promise<Readonly<Record<Priority, number>>>;
  /** Writes a ticket. Replaces one of the same priority and number, unless that has a newer fence. */
  putTicket(ticket: Ticket): Promise<void>;
  /** Deletes a ticket if it still has this fence. */
  removeTicket(ticket: Pick<Ticket, 'priority' | 'number' | 'fence'>): Promise<void>;
  /** Returns the first tickets of a priority, at most `limit`, by number. */
  firstTickets(priority: Priority, limit: number): Promise<Ticket[]>;
  /** Returns the pause that is set, if any. */
  pause(): Promise<Pause | undefined>;
  /** Sets the pause, or ends it (`undefined`). */
  setPause(pause: Pause | undefined): Promise<void>;
  /**
   * Reserves starts of executions in one second, for all calls of the dispatcher together. Returns false
   * where they would exceed `limit`; none is reserved then.
   * @param second - seconds since 1970
   */
  reserveStarts(second: number, count: number, limit: number): Promise<boolean>;
  /** Returns the head that was recorded last. */
  queueHead(): Promise<QueueHead | undefined>;
  recordQueueHead(head: QueueHead): Promise<void>;
  /** Returns the rows of slots by number, at most `limit` of them; their leases may be over. */
  slots(limit: number): Promise<Slot[]>;
  /** Takes a slot that is free, whose lease is over, or that this transfer holds by this fence or an older one. */
  takeSlot(slot: Slot, now: number): Promise<boolean>;
  /** Renews a slot's lease; false when the slot has another owner now. */
  renewSlotLease(slot: Omit<Slot, 'since'>): Promise<boolean>;
  /** Frees a slot if this owner still holds it. */
  clearSlot(slot: Pick<Slot, 'slot' | 'transferId' | 'fence'>): Promise<void>;
  /**
   * Shares a lowered rate. Returns false where another decrease was shared less than `shareEveryMs`
   * before it, or after it: one overload then lowers the shared rate once.
   */
  shareRate(kind: ErrorOrigin, rate: CallRate): Promise<boolean>;
  /** Shares a stop, in milliseconds since 1970. Returns false where the shared one ends later. */
  shareStop(kind: ErrorOrigin, until: number): Promise<boolean>;
  /** Returns the rates and stops of all kinds, by one read. */
  sharedRates(): Promise<SharedRates>;
}

/** The name of a ticket, by which a head is compared. */
export function ticketName({ priority, number }: Pick<Ticket, 'priority' | 'number'>): string {
  return `${priority}#${number}`;
}
