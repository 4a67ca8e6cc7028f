import type { ErrorOrigin } from '#src/core/errors/error-lookup.ts';
import { shareEveryMs } from '#src/core/limits/limits.ts';
import {
  type Pause,
  type Priority,
  priorities,
  type QueueHead,
  type QueueStore,
  type Slot,
  type Ticket,
} from '#src/core/queue/queue.ts';
import type { SharedRate } from '#src/core/rates/call-rate.ts';

/** Slots, tickets and call rates in memory, with methods for tests. */
export interface MemoryQueueStore extends QueueStore {
  readonly held: ReadonlyMap<number, Slot>;
  /** Returns every ticket: live tickets first, each priority by number. */
  tickets(): Ticket[];
}

/** Creates a queue store with the conditions of the port. */
export function createMemoryQueueStore(): MemoryQueueStore {
  const held = new Map<number, Slot>();
  const lists = { live: new TicketList(), backfill: new TicketList() };
  let paused: Pause | undefined;
  let head: QueueHead | undefined;
  let starts = { second: 0, used: 0 };
  const calls = new Map<string, { readonly slice: number; readonly used: number }>();
  return {
    held,
    tickets: () => priorities.flatMap((priority) => lists[priority].first(Infinity)),
    nextTicketNumber: async (priority) => ++lists[priority].lastNumber,
    lastTicketNumbers: async () => ({
      live: lists.live.lastNumber,
      backfill: lists.backfill.lastNumber,
    }),
    putTicket: async (ticket) => lists[ticket.priority].put(ticket),
    removeTicket: async ({ priority, number, fence }) => lists[priority].remove(number, fence),
    firstTickets: async (priority: Priority, limit) => lists[priority].first(limit),
    pause: async () => paused,
    setPause: async (pause) => {
      paused = pause;
    },
    reserveCalls: async (group, slice, limit) => {
      const { slice: last, used } = calls.get(group) ?? { slice: -1, used: 0 };
      if (slice < last || (slice === last && used >= limit)) return false;
      calls.set(group, { slice, used: slice === last ? used + 1 : 1 });
      return true;
    },
    reserveStarts: async (second, count, limit) => {
      const used = (second === starts.second ? starts.used : 0) + count;
      if (second < starts.second || used > limit) return false;
      starts = { second, used };
      return true;
    },
    queueHead: async () => head,
    recordQueueHead: async (seen) => {
      head = seen;
    },
    ...slotsIn(held),
    ...rates(),
  };
}

/** The tickets of one priority. Reads the head in constant time. */
class TicketList {
  lastNumber = 0;
  readonly #tickets = new Map<number, Ticket>();
  /** All numbers of past and present tickets, ascending. */
  readonly #numbers: number[] = [];
  /** The index of the first number that may have a ticket. */
  #from = 0;

  put(ticket: Ticket): void {
    if ((this.#tickets.get(ticket.number)?.fence ?? 0) > ticket.fence) return;
    const at = this.#indexOf(ticket.number);
    if (this.#numbers[at] !== ticket.number) this.#numbers.splice(at, 0, ticket.number);
    this.#from = Math.min(this.#from, at);
    this.#tickets.set(ticket.number, ticket);
  }

  remove(number: number, fence: number): void {
    if (this.#tickets.get(number)?.fence === fence) this.#tickets.delete(number);
  }

  first(limit: number): Ticket[] {
    const found: Ticket[] = [];
    for (let i = this.#from; i < this.#numbers.length && found.length < limit; i++) {
      const ticket = this.#tickets.get(this.#numbers[i] ?? 0);
      if (ticket) found.push(ticket);
      else if (found.length === 0) this.#from = i + 1;
    }
    return found;
  }

  #indexOf(number: number): number {
    let [low, high] = [0, this.#numbers.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#numbers[middle] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function slotsIn(held: Map<number, Slot>) {
  const isOwn = ({ slot, transferId, fence }: Slot) => {
    const before = held.get(slot);
    return before?.transferId === transferId && before.fence <= fence;
  };
  return {
    slots: async (limit) =>
      [...held.values()]
        .filter(({ slot }) => slot <= limit)
        .sort((one, other) => one.slot - other.slot),
    takeSlot: async (taken, now) => {
      const before = held.get(taken.slot);
      if (before && !isOwn(taken) && before.until >= now) return false;
      held.set(taken.slot, taken);
      return true;
    },
    takeOverSlot: async (taken) => {
      if (!isOwn(taken)) return false;
      held.set(taken.slot, taken);
      return true;
    },
    renewSlotLease: async (renewed) => {
      const before = held.get(renewed.slot);
      if (before?.transferId !== renewed.transferId || before.fence !== renewed.fence) return false;
      held.set(renewed.slot, { ...before, ...renewed });
      return true;
    },
    clearSlot: async ({ slot, transferId, fence }) => {
      const before = held.get(slot);
      if (before?.transferId === transferId && before.fence === fence) held.delete(slot);
    },
  } satisfies Partial<QueueStore>;
}

function rates() {
  const shared = new Map<ErrorOrigin, SharedRate>();
  return {
    shareRate: async (kind, rate) => {
      const { rate: before, stoppedUntil } = shared.get(kind) ?? {};
      if (before && before.loweredAt > rate.loweredAt - shareEveryMs) return false;
      shared.set(kind, { rate, stoppedUntil });
      return true;
    },
    shareStop: async (kind, until) => {
      const { rate, stoppedUntil = 0 } = shared.get(kind) ?? {};
      if (stoppedUntil >= until) return false;
      shared.set(kind, { rate, stoppedUntil: until });
      return true;
    },
    sharedRates: async () => Object.fromEntries(shared),
  } satisfies Partial<QueueStore>;
}
