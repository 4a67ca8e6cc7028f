import type { QueueStore } from '#src/core/queue/queue.ts';
import type { PlantedBug } from './mutations.ts';
import { dispatcher } from '../../harness/sandbox.ts';
import type { Plant } from '../load/simulation.ts';

/** Deliberate bugs in the queue, its slots and its dispatcher. */
export const plantedQueueBugs: readonly PlantedBug[] = [
  {
    name: 'a slot is taken without a condition',
    caughtBy: 'one transfer a slot',
    budget: 100,
    plant: slotTakenBlindly,
  },
  {
    name: 'a slot is never freed',
    caughtBy: 'no slot is leaked',
    budget: 20,
    plant: () => queueWith(() => ({ clearSlot: async () => {} })),
  },
  {
    name: 'the bound counts for each process by itself',
    caughtBy: 'no more slots than the bound',
    budget: 100,
    plant: boundIgnored,
  },
  {
    name: 'the dispatcher forgets a ticket',
    caughtBy: 'no transfer is lost in the queue',
    budget: 100,
    plant: ticketForgotten,
  },
  {
    name: 'the dispatcher starts under random names, and the fence is not compared',
    caughtBy: 'one execution takes a ticket',
    budget: 200,
    plant: startedTwice,
  },
  {
    name: 'a start while the stack is paused is not queued',
    caughtBy: 'a queued transfer keeps its ticket',
    budget: 200,
    plant: pauseLosesEvent,
  },
  {
    name: 'the dispatcher deletes the ticket of a transfer that is still active',
    caughtBy: 'a queued transfer keeps its ticket',
    budget: 600,
    plant: ticketDeletedEarly,
  },
  {
    name: 'the last ticket is dispatched first',
    caughtBy: 'order of arrival',
    budget: 300,
    plant: lastFirst,
  },
  {
    name: 'an event starts a cancelled transfer again',
    caughtBy: 'cancelled stays cancelled',
    budget: 600,
    plant: cancelForgotten,
  },
];

/** Between a ticket and its row's state, in ms: the dispatcher's schedule comes between. */
const slowJoinMs = 20_000;

function queueWith(changes: (queue: QueueStore) => Partial<QueueStore>): Plant {
  return { ports: ({ queue }) => ({ queue: { ...queue, ...changes(queue) } }) };
}

/** Every slot looks free and is taken whoever holds it. */
function slotTakenBlindly(): Plant {
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

/** A transfer that finds no slot makes a further one. */
function boundIgnored(): Plant {
  return {
    ports: ({ settings }) => ({
      settings: { ...settings, maxActiveTransfers: settings.maxActiveTransfers + 2 },
    }),
  };
}

/** Now and then the ticket is deleted and nothing is started. */
function ticketForgotten(): Plant {
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

/** Each start has a name of its own, and the row has whatever fence its execution was started with. */
function startedTwice(): Plant {
  let starts = 0;
  return {
    ports: ({ starter, store }, { executions }, by) => ({
      starter: {
        start: (start) => starter.start({ ...start, name: `${start.name}-${++starts}` }),
      },
      store: {
        ...store,
        transfer: async (id) => {
          const row = await store.transfer(id);
          const { input } = executions.all.get(by.executionId) ?? {};
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

/** A transfer that comes while the stack is paused gets no ticket. */
function pauseLosesEvent(): Plant {
  return queueWith((queue) => ({
    putTicket: async (ticket) => {
      if (!(await queue.pause())) await queue.putTicket(ticket);
    },
  }));
}

/** A ticket whose transfer is still active is taken for one that was left behind; joins are slow. */
function ticketDeletedEarly(): Plant {
  return {
    ports: ({ store, queue }, _world, by) => ({
      queue: {
        ...queue,
        putTicket: async (ticket) => {
          await queue.putTicket(ticket);
          await by.clock.sleep(slowJoinMs);
        },
        firstTickets: async (...given) => {
          const tickets = await queue.firstTickets(...given);
          if (by.functionName !== dispatcher) return tickets;
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

/** The queue is a stack. */
function lastFirst(): Plant {
  return queueWith((queue) => ({
    firstTickets: async (priority, limit) =>
      (await queue.firstTickets(priority, Infinity)).reverse().slice(0, limit),
  }));
}

/** A start sees a cancelled transfer as one that failed. */
function cancelForgotten(): Plant {
  return {
    ports: ({ store }, _world, by) => ({
      store: {
        ...store,
        transfer: async (id) => {
          const row = await store.transfer(id);
          const isHidden = by.functionName === 'OpenSession' && row?.state === 'cancelled';
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
