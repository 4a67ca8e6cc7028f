import { type ServiceCall, workThrough } from '#src/background-work/work-through.ts';
import {
  dispatchSeconds,
  maxRequeuedSeconds,
  maxRestartSeconds,
  maxStartsPerDispatch,
  maxStartsPerTicket,
} from '#src/core/limits/limits.ts';
import type { ExecutionDirectory } from '#src/core/ports/executions.ts';
import { executionArnOf } from '#src/core/queue/execution-arn.ts';
import { priorities, type Ticket } from '#src/core/queue/queue.ts';
import { isWindowOpen } from '#src/core/queue/transfer-window.ts';
import { nextExecutionName, type TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { Needs } from '#src/step-support/step.ts';
import { findHoldReason } from './admission.ts';
import { failQueued } from './fail-queued.ts';
import { measureQueue, type QueueAvailability } from './measure-queue.ts';
import { freeSlotNumbers, readLiveSlots } from './slots.ts';
import { createStartQuota } from './start-quota.ts';

/** The ports of the dispatcher. */
export type DispatchPorts = Needs<'store' | 'queue' | 'events' | 'settings' | 'starter'> & {
  readonly executions: Pick<ExecutionDirectory, 'endOf'>;
};

/** The result of one call of the dispatcher. */
export interface DispatchResult extends QueueAvailability {
  /** Tickets at the head of the queue whose execution runs, started by this or an earlier call. */
  readonly running: number;
}

/** What a start of a ticket needs. */
interface StartContext {
  readonly ports: DispatchPorts;
  readonly stateMachineArn: string;
  /** Takes one start of the quota. False: a later call of the dispatcher continues. */
  readonly mayStart: () => Promise<boolean>;
}

/**
 * Tickets read in addition to the free slots. Some tickets cannot start yet: their row's last write is
 * pending, or their execution died before it. They must not block later tickets.
 */
const spareTickets = 100;

/**
 * Starts an execution for each ticket at the head of the queue, at most one per free slot. Execution
 * names are deterministic, so concurrent and repeated calls start nothing twice. An execution without a
 * free slot queues its transfer again, with the same number. A local run starts nothing: the queue
 * belongs to the stack that deployed the table.
 * @throws TableUnavailableError, ExecutionNotStartedError
 */
export async function dispatch(
  ports: DispatchPorts,
  stateMachineArn: string,
  call: ServiceCall,
): Promise<DispatchResult> {
  const { settings, log } = ports;
  if (settings.isLocalRun) return { running: 0, freeSlots: 0 };
  const availability = await readAvailability(ports);
  const { holdReason, freeSlots } = availability;
  if (holdReason || freeSlots === 0) return { running: 0, ...availability };
  const maxStarts = Math.min(freeSlots, maxStartsPerDispatch);
  const tickets = await readHead(ports, maxStarts + spareTickets);
  const running = await startTickets(ports, stateMachineArn, tickets, maxStarts, call);
  if (tickets.length > 0) log.info('queue dispatched', { running, freeSlots });
  return { running, freeSlots };
}

/** Starts tickets in order until `maxStarts` of them run. Returns how many do. */
async function startTickets(
  ports: DispatchPorts,
  stateMachineArn: string,
  tickets: readonly Ticket[],
  maxStarts: number,
  call: ServiceCall,
): Promise<number> {
  const quota = createStartQuota(ports);
  let running = 0;
  const mayStart = () => quota.take(Math.min(maxStarts - running, tickets.length));
  return workThrough(ports, call, tickets, async (ticket) => {
    if (running >= maxStarts || quota.isUsedUp) return false;
    if (!(await startTicket({ ports, stateMachineArn, mayStart }, ticket))) return false;
    running++;
    return true;
  });
}

async function readAvailability(ports: DispatchPorts): Promise<QueueAvailability> {
  const holdReason = await findHoldReason(ports);
  const liveSlots = await readLiveSlots(ports);
  const freeSlots = freeSlotNumbers(ports.settings.maxActiveTransfers, liveSlots).length;
  return { freeSlots, ...(holdReason && { holdReason }) };
}

/** Returns the first tickets of the queue: live tickets, then backfill. */
async function readHead({ queue }: DispatchPorts, limit: number): Promise<Ticket[]> {
  const tickets: Ticket[] = [];
  for (const priority of priorities) {
    const left = limit - tickets.length;
    if (left > 0) tickets.push(...(await queue.firstTickets(priority, left)));
  }
  return tickets;
}

/** Starts a ticket. Returns whether its execution runs. Deletes the ticket if its transfer no longer waits. */
async function startTicket(context: StartContext, ticket: Ticket): Promise<boolean> {
  const { ports } = context;
  const row = await ports.store.transfer(ticket.transferId);
  const isCurrent = row?.fence === ticket.fence;
  if (isCurrent && row.state === 'queued') {
    if (wasJustRequeued(row, ticket, ports.clock.now())) return false;
    return startQueued(context, row);
  }
  // The execution has written the ticket but not the state. It may have died between the two writes.
  if (isCurrent && row.state === 'active') return false;
  if (row && isTakingSlot(row, ticket, ports.clock.now())) return true;
  await ports.queue.removeTicket(ticket);
  return false;
}

/**
 * True if an execution has just queued the transfer again, because it found no free slot. Each owner
 * raises the fence. The first two such races are common, and a wait would let later transfers overtake.
 */
function wasJustRequeued({ fence }: TransferRecord, { since }: Ticket, now: number): boolean {
  if (fence <= 3) return false;
  return now - since < Math.min(2 ** (fence - 3), maxRequeuedSeconds) * 1000;
}

/**
 * True if an execution has just taken the transfer and has no slot yet. Its future slot is still free, so
 * the dispatcher would otherwise start one transfer too many.
 */
function isTakingSlot(
  { state, fence, slot, ticketNumber, changedAt }: TransferRecord,
  ticket: Ticket,
  now: number,
): boolean {
  const isTaken = state === 'active' && fence === ticket.fence + 1;
  const isWaiting = slot === undefined && ticketNumber === ticket.number;
  return isTaken && isWaiting && now - changedAt < dispatchSeconds * 1000;
}

async function startQueued(context: StartContext, row: TransferRecord): Promise<boolean> {
  const { ports, stateMachineArn } = context;
  if (!(await context.mayStart())) return false;
  const { transferId, fence, source } = row;
  const name = nextExecutionName(row);
  const { bucket, key } = source;
  const input = { dispatched: { transferId, fence }, bucket, key };
  const result = await ports.starter.start({ stateMachineArn, name, input });
  if (result === 'started') return true;
  const end = await ports.executions.endOf(executionArnOf(stateMachineArn, name));
  if (end.status === 'running' || end.status === 'unknown') return true;
  return startAgain(context, row);
}

/** Counts a failed start: the execution ended before it took the transfer. The next name differs. */
async function startAgain(context: StartContext, row: TransferRecord): Promise<boolean> {
  const { ports } = context;
  const { transferId, fence, failedStarts = 0, changedAt } = row;
  const { store, clock } = ports;
  // An error that ends every execution must not fail the whole queue within a minute.
  const waitMs = Math.min(2 ** failedStarts, maxRestartSeconds) * 1000;
  if (clock.now() - changedAt < waitMs) return false;
  if (failedStarts + 1 >= maxStartsPerTicket) {
    await failQueued(ports, row);
    return false;
  }
  const patch = { failedStarts: failedStarts + 1 };
  const seen = { state: 'queued' } as const;
  if (!(await store.patchTransfer(transferId, fence, patch, clock.now(), seen))) return false;
  return startQueued(context, { ...row, ...patch });
}

/**
 * Dispatches, then measures the queue. The schedule calls it every minute.
 * @throws as `dispatch`
 */
export async function dispatchOnSchedule(
  ports: DispatchPorts,
  stateMachineArn: string,
  call: ServiceCall,
): Promise<DispatchResult> {
  try {
    return await dispatch(ports, stateMachineArn, call);
  } finally {
    // The alarm about a stalled queue needs the metrics also if every start fails.
    const { settings, clock, meter } = ports;
    meter.add('WindowOpen', isWindowOpen(settings.transferWindow, clock.now()) ? 1 : 0);
    await measureQueue(ports, await readAvailability(ports), dispatchSeconds);
  }
}
