import {
  dispatchSeconds,
  maxRequeuedSeconds,
  maxRestartSeconds,
  maxStartsPerDispatch,
  maxStartsPerSecond,
  maxStartsPerTicket,
} from '#src/core/limits/limits.ts';
import type { ExecutionDirectory } from '#src/core/ports/executions.ts';
import { executionArnOf } from '#src/core/queue/execution-arn.ts';
import { priorities, type Ticket } from '#src/core/queue/queue.ts';
import { isWindowOpen } from '#src/core/queue/transfer-window.ts';
import { nextExecutionName, type TransferRecord } from '#src/core/transfer/transfer.ts';
import { type ServiceCall, workThrough } from '#src/reconciler/reconciler-ports.ts';
import type { Needs } from '#src/transfer/step.ts';
import { findHoldReason } from './admission.ts';
import { failQueued } from './fail-queued.ts';
import { measureQueue, type QueueAvailability } from './measure-queue.ts';
import { freeSlots, liveSlots } from './slots.ts';

/** What the dispatcher needs. */
export type DispatchPorts = Needs<'store' | 'queue' | 'events' | 'settings' | 'starter'> & {
  readonly executions: Pick<ExecutionDirectory, 'endOf'>;
};

/** What one call of the dispatcher did. */
export interface DispatchResult extends QueueAvailability {
  /** Executions that run now for the tickets at the head of the queue, started now or before. */
  readonly started: number;
}

/**
 * Tickets read beyond those that can start. Some wait for their row's last write, or for the reconciler,
 * where an execution died before it: they must not block the tickets behind them.
 */
const spareTickets = 100;

/**
 * Starts an execution for each ticket at the head of the queue, as many as slots are free. Names are
 * deterministic, so that calls that meet, and repeats, start nothing twice. An execution that finds its
 * slot gone queues its transfer again, with the same number. A local run starts nothing: the queue of a
 * shared table belongs to the stack that deploys the table.
 * @throws TableUnavailableError, ExecutionNotStartedError
 */
export async function dispatch(
  ports: DispatchPorts,
  stateMachineArn: string,
  call: ServiceCall,
): Promise<DispatchResult> {
  const { settings, log } = ports;
  if (settings.isLocalRun) return { started: 0, freeSlots: 0 };
  const openness = await availabilityOf(ports);
  const { held, freeSlots: free } = openness;
  if (held || free === 0) return { started: 0, ...openness };
  const most = Math.min(free, maxStartsPerDispatch);
  const tickets = await headTickets(ports, most + spareTickets);
  if (!(await mayStart(ports, Math.min(most, tickets.length)))) return { started: 0, ...openness };
  let started = 0;
  await workThrough(ports, call, tickets, async (ticket) => {
    if (started >= most) return false;
    if (!(await startTicket(ports, stateMachineArn, ticket))) return false;
    started++;
    return true;
  });
  if (tickets.length > 0) log.info('queue dispatched', { started, freeSlots: free });
  return { started, freeSlots: free };
}

/** Whether all calls of the dispatcher together stay within their starts a second; a later call goes on. */
async function mayStart({ queue, clock, log }: DispatchPorts, count: number): Promise<boolean> {
  if (count === 0) return false;
  const second = Math.floor(clock.now() / 1000);
  const isReserved = await queue.reserveStarts(second, count, maxStartsPerSecond);
  if (!isReserved) log.info('queue not dispatched: too many starts in this second', { count });
  return isReserved;
}

async function availabilityOf(ports: DispatchPorts): Promise<QueueAvailability> {
  const held = await findHoldReason(ports);
  const free = freeSlots(ports.settings.maxActiveTransfers, await liveSlots(ports));
  return { freeSlots: free.length, ...(held && { held }) };
}

/** Returns the first tickets of the queue: live ones, then backfill. */
async function headTickets({ queue }: DispatchPorts, limit: number): Promise<Ticket[]> {
  const tickets: Ticket[] = [];
  for (const priority of priorities) {
    const left = limit - tickets.length;
    if (left > 0) tickets.push(...(await queue.firstTickets(priority, left)));
  }
  return tickets;
}

/** Returns whether an execution runs for the ticket now. Deletes a ticket whose transfer waits no more. */
async function startTicket(
  ports: DispatchPorts,
  stateMachineArn: string,
  ticket: Ticket,
): Promise<boolean> {
  const row = await ports.store.transfer(ticket.transferId);
  const isCurrent = row?.fence === ticket.fence;
  if (isCurrent && row.state === 'queued') {
    if (wasJustRequeued(row, ticket, ports.clock.now())) return false;
    return startQueued(ports, stateMachineArn, row);
  }
  // Its execution has written the ticket and not the state yet, or has died between the two.
  if (isCurrent && row.state === 'active') return false;
  if (row && isTakingSlot(row, ticket, ports.clock.now())) return true;
  await ports.queue.removeTicket(ticket);
  return false;
}

/**
 * Whether executions took it before, found no slot, and queued it a moment ago. Each taking raises the
 * fence. The first two lose a race now and then, and waiting would let later transfers overtake this one.
 */
function wasJustRequeued({ fence }: TransferRecord, { since }: Ticket, now: number): boolean {
  if (fence <= 3) return false;
  return now - since < Math.min(2 ** (fence - 3), maxRequeuedSeconds) * 1000;
}

/**
 * Whether an execution has just taken the transfer and has no slot yet. The slot that it is about to take
 * still looks free: without this, the dispatcher starts one transfer too many, which queues again.
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

async function startQueued(
  ports: DispatchPorts,
  stateMachineArn: string,
  row: TransferRecord,
): Promise<boolean> {
  const { transferId, fence, source } = row;
  const name = nextExecutionName(row);
  const { bucket, key } = source;
  const input = { dispatched: { transferId, fence }, bucket, key };
  const answer = await ports.starter.start({ stateMachineArn, name, input });
  if (answer === 'started') return true;
  const end = await ports.executions.endOf(executionArnOf(stateMachineArn, name));
  if (end.status === 'running' || end.status === 'unknown') return true;
  return startAgain(ports, stateMachineArn, row);
}

/** The execution of that name ended before it took the transfer: the next one has the next name. */
async function startAgain(
  ports: DispatchPorts,
  stateMachineArn: string,
  row: TransferRecord,
): Promise<boolean> {
  const { transferId, fence, failedStarts = 0, changedAt } = row;
  const { store, clock } = ports;
  // What ends every execution must not fail the whole queue within a minute.
  const waitMs = Math.min(2 ** failedStarts, maxRestartSeconds) * 1000;
  if (clock.now() - changedAt < waitMs) return false;
  if (failedStarts + 1 >= maxStartsPerTicket) {
    await failQueued(ports, row);
    return false;
  }
  const patch = { failedStarts: failedStarts + 1 };
  const seen = { state: 'queued' } as const;
  if (!(await store.patchTransfer(transferId, fence, patch, clock.now(), seen))) return false;
  return startQueued(ports, stateMachineArn, { ...row, ...patch });
}

/**
 * Measures the queue, then dispatches: what the dispatcher does every minute.
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
    // A dispatcher that can start nothing is what the alarm about a stalled queue is for.
    const { settings, clock, meter } = ports;
    meter.add('WindowOpen', isWindowOpen(settings.transferWindow, clock.now()) ? 1 : 0);
    await measureQueue(ports, await availabilityOf(ports), dispatchSeconds);
  }
}
