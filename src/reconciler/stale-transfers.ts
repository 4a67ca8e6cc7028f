import { type ServiceCall, workThrough } from '#src/background-work/work-through.ts';
import type { TransferRecord, TransferState } from '#src/core/transfer/transfer-row.ts';
import { closeTransfer } from './close-transfer.ts';
import { finishedExecution, type ReconcilerPorts, type SweepCounts } from './reconciler-ports.ts';

const dayMs = 24 * 3600 * 1000;

/** Days before today to search for active transfers. An execution lasts for at most seven days. */
const daysBack = 8;

/** Rows read in one run. At 1 KB each they need 20 MB of memory and some seconds. */
const maxRowsRead = 20_000;

/** Executions read in one run. DescribeExecution refills by 15 a second (AWS quotas, 2026). */
const maxExecutionsRead = 200;

/**
 * Returns all active transfers, oldest day first.
 * @throws TableUnavailableError
 */
export async function listActiveTransfers(
  ports: ReconcilerPorts,
  call: ServiceCall,
): Promise<readonly TransferRecord[]> {
  return listRows(ports, call, ['active'], daysBack);
}

/** Returns the transfers that entered one of the states in the last `back` days, oldest day first. */
export async function listRows(
  { store, clock, log }: ReconcilerPorts,
  { deadline }: ServiceCall,
  states: readonly TransferState[],
  back: number,
): Promise<TransferRecord[]> {
  const rows: TransferRecord[] = [];
  const today = clock.now();
  for (const daysAgo of Array.from({ length: back + 1 }, (_, i) => back - i)) {
    const day = new Date(today - daysAgo * dayMs).toISOString().slice(0, 10);
    for (const state of states) {
      for await (const row of store.listTransfers(state, day)) {
        rows.push(row);
        if (rows.length < maxRowsRead && clock.now() < deadline) continue;
        log.warn('list of transfers is incomplete', { read: rows.length, day });
        return rows;
      }
    }
  }
  return rows;
}

/**
 * Closes transfers with an expired lease whose execution has ended, longest expired first. A transfer
 * whose execution is unknown stays for a day only, because unknown executions delay the others.
 */
export async function closeStaleTransfers(
  ports: ReconcilerPorts,
  call: ServiceCall,
  actives: readonly TransferRecord[],
): Promise<SweepCounts> {
  const now = ports.clock.now();
  const expired = actives
    .filter(({ leaseUntil }) => leaseUntil < now)
    .sort((a, b) => a.leaseUntil - b.leaseUntil)
    .slice(0, maxExecutionsRead);
  const close = async ({ transferId }: TransferRecord) => closeIfEnded(ports, transferId);
  return { closed: await workThrough(ports, call, expired, close) };
}

/** Reads the row again, because the index may be late and another execution may own the transfer. */
async function closeIfEnded(ports: ReconcilerPorts, transferId: string): Promise<boolean> {
  const row = await ports.store.transfer(transferId);
  if (row?.state !== 'active' || row.leaseUntil >= ports.clock.now()) return false;
  const end = finishedExecution(await ports.executions.endOf(row.owner));
  const isRecent = ports.clock.now() - row.leaseUntil < dayMs;
  if (!end || (end.status === 'unknown' && isRecent)) return false;
  return closeTransfer(ports, row, end);
}
