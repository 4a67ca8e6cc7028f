import { isTransferError } from '#src/core/errors/errors.ts';
import { sweepSeconds } from '#src/core/limits/limits.ts';
import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import { transferLogFields } from '#src/transfer/outcome.ts';
import {
  type SweepCounts,
  type ReconcilerPorts,
  type ServiceCall,
  workThrough,
} from './reconciler-ports.ts';
import { listRows } from './stale-transfers.ts';

/** Days before today on which a transfer may have ended whose disowned session still lives: 24 h at most. */
const lateDaysBack = 2;

/** One that failed may have an asset too: its bytes were complete, and a forced start made another ingest. */
const overStates = ['ready', 'failed', 'superseded', 'cancelled'] as const;

/** Transfers whose disowned sessions are asked about by one run. */
const maxAsked = 200;

/**
 * Finds assets that a session made although it had been given up, and after its transfer had ended:
 * each is recorded in the outcome and told of, for a person must delete one of the two.
 */
export async function findLateDuplicates(
  ports: ReconcilerPorts,
  call: ServiceCall,
): Promise<SweepCounts> {
  const rows = await listRows(ports, call, overStates, lateDaysBack);
  const replacing = rows.filter(({ sessionNumber }) => sessionNumber > 1);
  let lateDuplicates = 0;
  await workThrough(ports, call, turnOf(replacing, ports.clock.now()), async (row) => {
    const late = await lateAssets(ports, row, call);
    if (late.length > 0) await record(ports, row, late);
    lateDuplicates += late.length;
    return late.length > 0;
  });
  return { lateDuplicates };
}

/** Where they are more than one run asks about, each run goes on where the one before it ended. */
function turnOf(rows: readonly TransferRecord[], now: number): TransferRecord[] {
  if (rows.length <= maxAsked) return [...rows];
  const from = (Math.floor(now / (sweepSeconds * 1000)) * maxAsked) % rows.length;
  return [...rows.slice(from), ...rows.slice(0, from)].slice(0, maxAsked);
}

/** Assets of its replaced sessions that are ready and not known yet. */
async function lateAssets(
  { store, destination }: ReconcilerPorts,
  { transferId, assetId, outcome, sessionNumber }: TransferRecord,
  { signal }: ServiceCall,
): Promise<string[]> {
  const known = new Set([assetId, ...duplicatesOf(outcome)]);
  const late: string[] = [];
  for (const { number, session } of await store.sessions(transferId)) {
    const other = session?.assetId;
    if (number === sessionNumber || other === undefined || known.has(other)) continue;
    const status = await destination.assetStatus(other, { signal }).catch(busy);
    if (status?.phase === 'ready') late.push(other);
  }
  return late;
}

/** One that can't be asked about now is asked about by the next run. */
function busy(error: unknown): undefined {
  if (!isTransferError(error)) throw error;
}

async function record(
  { store, clock, meter, log }: ReconcilerPorts,
  row: TransferRecord,
  late: readonly string[],
): Promise<void> {
  const { transferId, fence, state, assetId } = row;
  // The list may be long behind: what it says of the outcome must not be written over a newer one.
  const now = await store.transfer(transferId);
  if (now?.fence !== fence || now.state !== state) return;
  const { outcomePublished, outcome = {} } = now;
  const known = duplicatesOf(outcome);
  const unknown = late.filter((other) => !known.includes(other));
  if (unknown.length === 0) return;
  const duplicates = [...known, ...unknown];
  const patch = { outcome: { ...outcome, duplicates }, outcomePublished };
  if (!(await store.patchTransfer(transferId, fence, patch, clock.now(), { state }))) return;
  meter.add('LateDuplicates', unknown.length);
  log.error('a replaced session made an asset after all', {
    assetId,
    duplicates: unknown.join(' '),
    ...transferLogFields(row),
  });
}

function duplicatesOf(outcome: TransferRecord['outcome']): readonly string[] {
  const { duplicates } = outcome ?? {};
  return Array.isArray(duplicates) ? duplicates.map(String) : [];
}
