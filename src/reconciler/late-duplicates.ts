import { sweepSeconds } from '#src/core/limits/limits.ts';
import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import { findLateDuplicates, reportLateDuplicates } from '#src/transfer/late-duplicates.ts';
import { transferLogFields } from '#src/transfer/outcome.ts';
import { type ServiceCall, workThrough } from '#src/transfer/work-through.ts';
import type { ReconcilerPorts, SweepCounts } from './reconciler-ports.ts';
import { listRows } from './stale-transfers.ts';

/** Days before today to search for ended transfers. A replaced session lives for at most 24 h. */
const daysBack = 2;

/** A failed transfer may have an asset as well, if its bytes were complete and another ingest followed. */
const finalStates = ['ready', 'failed', 'superseded', 'cancelled'] as const;

/** Transfers whose replaced sessions are checked in one run. */
const maxTransfersChecked = 200;

/**
 * Finds assets that a replaced session created after its transfer had ended. Records each asset in the
 * outcome and reports it, because an operator must delete one of the two assets.
 */
export async function recordLateDuplicates(
  ports: ReconcilerPorts,
  call: ServiceCall,
): Promise<SweepCounts> {
  const rows = await listRows(ports, call, finalStates, daysBack);
  // The service knows only the assets of its own transfers.
  const replaced = rows.filter(
    ({ sessionNumber, destination }) =>
      sessionNumber > 1 && destination === ports.destination.identity,
  );
  let lateDuplicates = 0;
  await workThrough(ports, call, sliceForRun(replaced, ports.clock.now()), async (row) => {
    const known = [row.assetId, ...duplicatesOf(row.outcome)];
    const found = await findLateDuplicates(ports, row, known, call.signal);
    if (found.length > 0) await recordInOutcome(ports, row, found);
    lateDuplicates += found.length;
    return found.length > 0;
  });
  return { lateDuplicates };
}

/** Returns the transfers of this run. Each run continues where the run before it ended. */
function sliceForRun(rows: readonly TransferRecord[], now: number): TransferRecord[] {
  if (rows.length <= maxTransfersChecked) return [...rows];
  const run = Math.floor(now / (sweepSeconds * 1000));
  const from = (run * maxTransfersChecked) % rows.length;
  return [...rows.slice(from), ...rows.slice(0, from)].slice(0, maxTransfersChecked);
}

async function recordInOutcome(
  ports: ReconcilerPorts,
  { transferId, fence, state, assetId }: TransferRecord,
  found: readonly string[],
): Promise<void> {
  const { store, clock } = ports;
  // The index may be late, so the outcome is read again before it is changed.
  const row = await store.transfer(transferId);
  if (row?.fence !== fence || row.state !== state) return;
  const { outcomePublished, outcome = {} } = row;
  const known = duplicatesOf(outcome);
  const unknown = found.filter((duplicate) => !known.includes(duplicate));
  if (unknown.length === 0) return;
  const patch = { outcome: { ...outcome, duplicates: [...known, ...unknown] }, outcomePublished };
  if (!(await store.patchTransfer(transferId, fence, patch, clock.now(), { state }))) return;
  reportLateDuplicates(ports, transferLogFields(row), assetId, unknown);
}

function duplicatesOf(outcome: TransferRecord['outcome']): readonly string[] {
  const { duplicates } = outcome ?? {};
  return Array.isArray(duplicates) ? duplicates.map(String) : [];
}
