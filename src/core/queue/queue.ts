import type { ErrorOrigin } from '#src/core/errors/error-lookup.ts';
import type { CallRate, SharedRates } from '#src/core/rates/call-rate.ts';

/** A concurrency slot: it allows one transfer to send. A slot without a row is free. */
export interface Slot {
  /** From 1 to `maxActiveTransfers`. */
  readonly slot: number;
  readonly transferId: string;
  /** The transfer's fence when it took the slot. A replaced owner cannot renew or clear the slot. */
  readonly fence: number;
  /** When the slot was taken, in milliseconds since 1970. */
  readonly since: number;
  /** The end of the lease, in milliseconds since 1970. Then any transfer may take the slot. */
  readonly until: number;
}

/** The priorities of queued transfers. All live transfers start before any backfill. */
export const priorities = ['live', 'backfill'] as const;

export type Priority = (typeof priorities)[number];

/** A queued transfer's position in the queue. Tickets sort by priority, then by number. */
export interface Ticket {
  readonly priority: Priority;
  /** Assigned in order of arrival, per priority, from 1. */
  readonly number: number;
  readonly transferId: string;
  /** The transfer's fence when it was queued. A ticket with another fence than the row is stale. */
  readonly fence: number;
  /** When the transfer was queued, in milliseconds since 1970. */
  readonly since: number;
}

/** What happens to active transfers when an operator pauses the stack or its window closes. */
export const stopModes = ['finish', 'stop'] as const;

/** `finish`: they complete. `stop`: they end at the next chunk and are queued. */
export type StopMode = (typeof stopModes)[number];

/** The pause that an operator set. */
export interface Pause {
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly underWay: StopMode;
}

/** The first ticket of the queue at the dispatcher's last check with free slots. */
export interface QueueHead {
  readonly ticket: string;
  /** The first check that found this ticket first, in milliseconds since 1970. */
  readonly since: number;
  /** The last check that found this ticket first, in milliseconds since 1970. */
  readonly seenAt: number;
}

/**
 * Slots, tickets, the operator's pause and the shared call rates. Every change is one conditional write.
 * All methods throw `TableUnavailableError` if the table is unreachable.
 */
export interface QueueStore {
  /** Assigns the next ticket number of a priority. */
  nextTicketNumber(priority: Priority): Promise<number>;
  /** Returns the last assigned number of each priority; 0 before the first. */
  lastTicketNumbers(): Promise<Readonly<Record<Priority, number>>>;
  /** Writes a ticket. Replaces a ticket of the same priority and number unless its fence is newer. */
  putTicket(ticket: Ticket): Promise<void>;
  /** Deletes a ticket if it has this fence. */
  removeTicket(ticket: Pick<Ticket, 'priority' | 'number' | 'fence'>): Promise<void>;
  /** Returns the first `limit` tickets of a priority, by number. */
  firstTickets(priority: Priority, limit: number): Promise<Ticket[]>;
  /** Returns the pause, or undefined if none is set. */
  pause(): Promise<Pause | undefined>;
  /** Sets the pause, or ends it (`undefined`). */
  setPause(pause: Pause | undefined): Promise<void>;
  /**
   * Reserves starts of executions in one second, shared by all calls of the dispatcher. Returns false, and
   * reserves nothing, if the starts would exceed `limit`.
   * @param second - seconds since 1970
   */
  reserveStarts(second: number, count: number, limit: number): Promise<boolean>;
  /**
   * Reserves one call of a budget in a slice of time. Returns false, and reserves nothing, if the slice has
   * no call left or a later slice has begun.
   * @param slice - the number of the slice since 1970
   */
  reserveCalls(group: string, slice: number, limit: number): Promise<boolean>;
  /** Returns the last recorded head. */
  queueHead(): Promise<QueueHead | undefined>;
  recordQueueHead(head: QueueHead): Promise<void>;
  /** Returns at most `limit` rows of slots, by number. Their leases may be over. */
  slots(limit: number): Promise<Slot[]>;
  /** Takes a slot that is free, is expired, or belongs to this transfer by this or an older fence. */
  takeSlot(slot: Slot, now: number): Promise<boolean>;
  /**
   * Takes over the slot that this transfer holds by this or an older fence. Returns false if the slot was
   * cleared or another transfer has it: a slot above a lowered limit is never taken again.
   */
  takeOverSlot(slot: Slot): Promise<boolean>;
  /** Renews the lease of a slot. Returns false if the slot has another owner. */
  renewSlotLease(slot: Omit<Slot, 'since'>): Promise<boolean>;
  /** Deletes the row of a slot if this owner has the slot. The slot is then free. */
  clearSlot(slot: Pick<Slot, 'slot' | 'transferId' | 'fence'>): Promise<void>;
  /**
   * Shares a lowered rate. Returns false if another decrease was shared later, or less than
   * `shareEveryMs` before. One overload thus lowers the shared rate once.
   */
  shareRate(kind: ErrorOrigin, rate: CallRate): Promise<boolean>;
  /** Shares a stop until a time, in milliseconds since 1970. Returns false if the shared stop ends later. */
  shareStop(kind: ErrorOrigin, until: number): Promise<boolean>;
  /** Returns the rates and stops of all kinds, by one read. */
  sharedRates(): Promise<SharedRates>;
}

/** Returns the name of a ticket. It identifies the head of the queue. */
export function ticketName({ priority, number }: Pick<Ticket, 'priority' | 'number'>): string {
  return `${priority}#${number}`;
}
