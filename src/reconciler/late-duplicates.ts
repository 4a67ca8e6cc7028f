import { type ServiceCall, workThrough } from '#src/background-work/work-through.ts';
import { identityOf } from '#src/core/transfer/destination.ts';
import { transferLogFields } from '#src/core/transfer/log-fields.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { SweepPosition } from '#src/core/transfer/transfer-store.ts';
import { findLateDuplicates, reportLateDuplicates } from '#src/step-support/late-duplicates.ts';
import type { ReconcilerPorts, SweepCounts } from './reconciler-ports.ts';

/** Our own: days before today to search for ended transfers. An asset that is created later is not found. */
const daysBack = 2;

/** A failed transfer may have an asset as well, if its bytes were complete and another ingest followed. */
const finalStates = ['ready', 'failed', 'superseded', 'cancelled'] as const;

/** Rows read in one run: some seconds. */
const maxEndedRowsRead = 20_000;

const dayMs = 24 * 3600 * 1000;

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
  const sweep: Sweep = { position: await ports.store.sweepPosition() };
  const started = sweep.position;
  let lateDuplicates = 0;
  try {
    await workThrough(ports, call, replacedTransfers(ports, call, sweep), async (row) => {
      const known = [row.assetId, ...duplicatesOf(row.outcome)];
      const found = await findLateDuplicates(ports, row, known, call.signal);
      if (found.length > 0) await recordInOutcome(ports, row, found);
      lateDuplicates += found.length;
      return found.length > 0;
    });
  } finally {
    if (started || sweep.position) await ports.store.setSweepPosition(sweep.position);
  }
  return { lateDuplicates };
}

/** Where to read on. Each run continues where the run before it stopped. */
interface Sweep {
  position: SweepPosition | undefined;
}

/** Lists ended transfers with a replaced session, from the sweep's position, up to the limits of one run. */
async function* replacedTransfers(
  { store, clock, destination }: ReconcilerPorts,
  { deadline }: ServiceCall,
  sweep: Sweep,
): AsyncGenerator<TransferRecord> {
  let rows = 0;
  let replaced = 0;
  for (const list of listsFrom(sweep.position, clock.now())) {
    for await (const row of store.listTransfers(list.state, list.day, list.until)) {
      sweep.position = { state: list.state, day: list.day, until: row.changedAt };
      if (rows++ >= maxEndedRowsRead || clock.now() >= deadline) return;
      // The service knows only the assets of its own transfers.
      if (row.sessionNumber <= 1) continue;
      if (row.destination !== identityOf(destination, row.options)) continue;
      if (replaced++ >= maxTransfersChecked) return;
      yield row;
    }
  }
  sweep.position = undefined;
}

/** Returns the lists of ended transfers, oldest day first, from a position. A day that is over starts again. */
function listsFrom(position: SweepPosition | undefined, now: number): List[] {
  const days = Array.from({ length: daysBack + 1 }, (_, n) => now - (daysBack - n) * dayMs);
  const lists = days.flatMap((at) =>
    finalStates.map((state): List => ({ state, day: new Date(at).toISOString().slice(0, 10) })),
  );
  const first = lists.findIndex(
    ({ state, day }) => state === position?.state && day === position.day,
  );
  return position && first >= 0 ? [position, ...lists.slice(first + 1)] : lists;
}

type List = Pick<SweepPosition, 'state' | 'day'> & Partial<SweepPosition>;

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
