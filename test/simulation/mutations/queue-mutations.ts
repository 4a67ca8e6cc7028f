import type { QueueStore } from '#src/core/queue/queue.ts';
import { dispatcher } from '../harness/sandbox.ts';
import type { Mutation } from '../load/simulation.ts';
import type { MutationCase } from './mutations.ts';

/** Mutations of the queue, its slots and its dispatcher. */
export const queueMutations: readonly MutationCase[] = [
  {
    name: 'a slot is taken without a condition',
    caughtBy: 'one transfer per slot',
    budget: 100,
    create: slotTakenBlindly,
  },
  {
    name: 'a slot is never freed',
    caughtBy: 'no slot is leaked',
    budget: 20,
    create: () => queueWith(() => ({ clearSlot: async () => {} })),
  },
  {
    name: 'each process has its own slot limit',
    caughtBy: 'no more slots than the limit',
    budget: 100,
    create: boundIgnored,
  },
  {
    name: 'the dispatcher forgets a ticket',
    caughtBy: 'no transfer is lost in the queue',
    budget: 100,
    create: ticketForgotten,
  },
  {
    name: 'the dispatcher starts under random names, and the fence is not compared',
    caughtBy: 'an execution takes its own ticket',
    budget: 200,
    create: startedTwice,
  },
  {
    name: 'a start while the stack is paused is not queued',
    caughtBy: 'a queued transfer keeps its ticket',
    budget: 200,
    create: pauseLosesEvent,
  },
  {
    name: 'the dispatcher deletes the ticket of a transfer that is still active',
    caughtBy: 'a queued transfer keeps its ticket',
    budget: 600,
    create: ticketDeletedEarly,
  },
  {
    name: 'the last ticket is dispatched first',
    caughtBy: 'order of arrival',
    budget: 300,
    create: lastFirst,
  },
  {
    name: 'an event starts a cancelled transfer again',
    caughtBy: 'cancelled stays cancelled',
    budget: 600,
    create: cancelForgotten,
  },
];

/** Delay between a ticket and its row's state, in ms: the dispatcher runs in between. */
const slowJoinMs = 20_000;

function queueWith(changes: (queue: QueueStore) => Partial<QueueStore>): Mutation {
  return { ports: ({ queue }) => ({ queue: { ...queue, ...changes(queue) } }) };
}

/** Treats every slot as free and takes it from its holder. */
function slotTakenBlindly(): Mutation {
  return {
    ports: ({ queue }, { tables }) => ({
      queue: {
        ...queue,
        slots: async () => [],
        takeSlot: async (slot, now) => {
          const held = tables.queue.held.get(slot.slot);
          return queue.takeSlot(slot, held ? held.until + 1 : now);
        },
      },
    }),
  };
}

/** Adds slots beyond the limit. */
function boundIgnored(): Mutation {
  return {
    ports: ({ settings }) => ({
      settings: { ...settings, maxActiveTransfers: settings.maxActiveTransfers + 2 },
    }),
  };
}

/** Sometimes deletes the ticket and starts nothing. */
function ticketForgotten(): Mutation {
  return {
    ports: ({ starter, queue }, { queueChance, tables }) => ({
      starter: {
        start: async (start) => {
          if (queueChance.hits(0.5)) return starter.start(start);
          const ticket = tables.queue.tickets().find(({ transferId }) => isFor(start, transferId));
          if (ticket) await queue.removeTicket(ticket);
          return 'started';
        },
      },
    }),
  };
}

function isFor({ name }: { name: string }, transferId: string): boolean {
  return name.startsWith(`${transferId}-`);
}

/** Starts each execution under its own name and ignores the fence of the row. */
function startedTwice(): Mutation {
  let starts = 0;
  return {
    ports: ({ starter, store }, { executions }, sandbox) => ({
      starter: {
        start: (start) => starter.start({ ...start, name: `${start.name}-${++starts}` }),
      },
      store: {
        ...store,
        transfer: async (id) => {
          const row = await store.transfer(id);
          const { input } = executions.all.get(sandbox.executionId) ?? {};
          const { dispatched } = (input ?? {}) as { dispatched?: { fence: number } };
          if (row?.state !== 'queued' || !dispatched) return row;
          return { ...row, fence: dispatched.fence };
        },
        takeTransfer: async (record, seen) => {
          if (seen?.state !== 'queued') return store.takeTransfer(record, seen);
          const row = await store.transfer(record.transferId);
          if (row?.state !== 'queued') return false;
          return store.takeTransfer({ ...record, fence: row.fence + 1 }, row);
        },
      },
    }),
  };
}

/** Writes no ticket while the stack is paused. */
function pauseLosesEvent(): Mutation {
  return queueWith((queue) => ({
    putTicket: async (ticket) => {
      if (!(await queue.pause())) await queue.putTicket(ticket);
    },
  }));
}

/** Deletes the ticket of an active transfer as abandoned; joins are slow. */
function ticketDeletedEarly(): Mutation {
  return {
    ports: ({ store, queue }, _simulation, sandbox) => ({
      queue: {
        ...queue,
        putTicket: async (ticket) => {
          await queue.putTicket(ticket);
          await sandbox.clock.sleep(slowJoinMs);
        },
        firstTickets: async (...args) => {
          const tickets = await queue.firstTickets(...args);
          if (sandbox.functionName !== dispatcher) return tickets;
          for (const ticket of tickets) {
            const row = await store.transfer(ticket.transferId);
            if (row?.state === 'active') await queue.removeTicket(ticket);
          }
          return tickets;
        },
      },
    }),
  };
}

/** Returns the newest tickets first. */
function lastFirst(): Mutation {
  return queueWith((queue) => ({
    firstTickets: async (priority, limit) =>
      (await queue.firstTickets(priority, Infinity)).reverse().slice(0, limit),
  }));
}

/** Shows a start a cancelled transfer as failed. */
function cancelForgotten(): Mutation {
  return {
    ports: ({ store }, _simulation, sandbox) => ({
      store: {
        ...store,
        transfer: async (id) => {
          const row = await store.transfer(id);
          const isHidden = sandbox.functionName === 'OpenSession' && row?.state === 'cancelled';
          return isHidden ? { ...row, state: 'failed' } : row;
        },
        takeTransfer: async (record, seen) =>
          store.takeTransfer(
            record,
            seen?.state === 'failed' ? await store.transfer(record.transferId) : seen,
          ),
      },
    }),
  };
}
