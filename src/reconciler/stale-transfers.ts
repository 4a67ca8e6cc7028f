import type { TransferRecord, TransferState } from '#src/core/transfer/transfer.ts';
import { closeTransfer } from './close-transfer.ts';
import {
  type SweepCounts,
  finishedExecution,
  type ReconcilerPorts,
  type ServiceCall,
  workThrough,
} from './reconciler-ports.ts';

const dayMs = 24 * 3600 * 1000;

/** Days before today on which a transfer that is still active may have begun: more than an execution lasts. */
const daysBack = 8;

/** Rows read by one run: at some 1 KB, 20 MB of memory and some seconds. */
const maxRowsRead = 20_000;

/** Executions asked by one run: DescribeExecution refills by 15 a second (AWS quotas, 2026). */
const maxExecutionsAsked = 200;

/**
 * All active transfers, of the oldest day first.
 * @throws TableUnavailableError
 */
export async function listActiveTransfers(
  ports: ReconcilerPorts,
  call: ServiceCall,
): Promise<readonly TransferRecord[]> {
  return listRows(ports, call, ['active'], daysBack);
}

/** Rows of transfers that came into one of the states today or so many days before, oldest day first. */
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
        log.warn('not all transfers were looked at', { read: rows.length, day });
        return rows;
      }
    }
  }
  return rows;
}

/**
 * Settles the transfers that have been silent for longer than their lease and whose execution is
 * over, longest silent first. One whose execution can't be told about is left for a day: longer, it
 * would keep the others from their turn.
 */
export async function closeStaleTransfers(
  ports: ReconcilerPorts,
  call: ServiceCall,
  actives: readonly TransferRecord[],
): Promise<SweepCounts> {
  const now = ports.clock.now();
  const silent = actives
    .filter(({ leaseUntil }) => leaseUntil < now)
    .sort((a, b) => a.leaseUntil - b.leaseUntil)
    .slice(0, maxExecutionsAsked);
  const settle = async ({ transferId }: TransferRecord) => closeIfEnded(ports, transferId);
  return { settled: await workThrough(ports, call, silent, settle) };
}

/** The list may be behind: the row is read anew, so that its owner's execution is the one asked. */
async function closeIfEnded(ports: ReconcilerPorts, transferId: string): Promise<boolean> {
  const row = await ports.store.transfer(transferId);
  if (row?.state !== 'active' || row.leaseUntil >= ports.clock.now()) return false;
  const end = finishedExecution(await ports.executions.endOf(row.owner));
  const isYoung = ports.clock.now() - row.leaseUntil < dayMs;
  if (!end || (end.status === 'unknown' && isYoung)) return false;
  return closeTransfer(ports, row, end);
}
