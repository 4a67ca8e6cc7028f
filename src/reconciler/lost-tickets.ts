import { restoreTicket } from '#src/admission/restore-ticket.ts';
import { type ServiceCall, workThrough } from '#src/background-work/work-through.ts';
import { maxSlots, sweepSeconds } from '#src/core/limits/limits.ts';
import { priorities } from '#src/core/queue/queue.ts';
import { transferLogFields } from '#src/core/transfer/log-fields.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { ReconcilerPorts, SweepCounts } from './reconciler-ports.ts';
import { listRows } from './stale-transfers.ts';

const hourMs = 3600 * 1000;

/**
 * The search is for the end of a backlog: a longer queue is not read. Its transfers start in order, so it becomes
 * short, and a transfer without a ticket is then among the few that stay.
 */
const maxTickets = maxSlots;

/** Days before today to search for queued transfers. Each costs one query. */
const daysBack = 30;

/** A row that changed later may be queued just now: its ticket may be newer than the list of tickets. */
const settledMs = 10 * 60 * 1000;

/**
 * Writes the tickets of queued transfers that have none, once an hour: a queued transfer without a ticket never
 * starts. No order of our own writes loses one; an edit of the table or a restored backup can.
 */
export async function restoreLostTickets(
  ports: ReconcilerPorts,
  call: ServiceCall,
): Promise<SweepCounts> {
  const lost = isDue(ports) ? await findLost(ports, call) : [];
  const restore = async (row: TransferRecord) => {
    if (!(await restoreTicket(ports, row.transferId))) return false;
    ports.log.warn('lost ticket restored', transferLogFields(row));
    return true;
  };
  return { ticketsRestored: await workThrough(ports, call, lost, restore) };
}

/** True for the first sweep of an hour. */
function isDue({ clock }: ReconcilerPorts): boolean {
  return clock.now() % hourMs < sweepSeconds * 1000;
}

/** Returns the queued transfers without a ticket. Reads the tickets first: a ticket is written before its row. */
async function findLost(ports: ReconcilerPorts, call: ServiceCall): Promise<TransferRecord[]> {
  const tickets = new Set<string>();
  for (const priority of priorities) {
    const first = await ports.queue.firstTickets(priority, maxTickets + 1);
    for (const { transferId } of first) tickets.add(transferId);
  }
  if (tickets.size > maxTickets) return [];
  const settledBefore = ports.clock.now() - settledMs;
  const rows = await listRows(ports, call, ['queued'], daysBack);
  return rows.filter(
    ({ transferId, changedAt }) => changedAt < settledBefore && !tickets.has(transferId),
  );
}
