import type { ChunkState, ChunkStatePage, SessionStatus } from '#src/core/destination.ts';
import { isTransferError, type TransferError } from '#src/core/errors.ts';
import { maxRefusedGenerations, maxReportsPerChunk } from '#src/core/limits.ts';
import { type ChunkRecord, isProven } from '#src/core/transfer.ts';
import type { Look, Verdict } from './look.ts';
import { reportInBatches } from './report-proofs.ts';

/**
 * Compares the rows with what the service counts. A chunk that it calls failed, or that stays
 * pending after repeated reports, loses its proof and is sent again; one that is pending and has a
 * proof is reported again. Pages are read only when the counts say that something is missing.
 */
export async function reconcileChunks(look: Look, { counts }: SessionStatus): Promise<Verdict> {
  const { ports, record, owned } = look;
  const { totalChunks } = record.session;
  if (counts && counts.completed >= totalChunks) return 'wait';
  const rows = await ports.store.chunks(owned.transferId, record.number);
  const proven = [...rows.values()].filter(isProven);
  const isComplete = proven.length === totalChunks;
  if (!ports.destination.traits.chunkStates) return isComplete ? 'wait' : 'missing';
  if (!isComplete && counts?.failed === 0) return 'missing';
  const states = await allStates(look);
  const failed = proven.filter(({ index }) => states.get(index) === 'failed');
  const pending = proven.filter(({ index }) => (states.get(index) ?? 'pending') === 'pending');
  const stuck = pending.filter(({ reports }) => reports >= maxReportsPerChunk);
  for (const chunk of failed) await retire(look, chunk, 'the service calls it failed');
  for (const chunk of stuck)
    await retire(look, chunk, `pending after ${chunk.reports} more reports`);
  if (!isComplete || failed.length + stuck.length > 0) return 'missing';
  return (await reportAgain(look, pending)) ? 'wait' : 'missing';
}

async function allStates({ ports, record, invocation }: Look) {
  const all = new Map<number, ChunkState>();
  const { signal } = invocation;
  for (let page: number | undefined = 1; page !== undefined; ) {
    const { states, nextPage }: ChunkStatePage = await ports.destination.chunkStates(
      record.session,
      page,
      { signal },
    );
    for (const [index, state] of states) all.set(index, state);
    page = nextPage;
  }
  return all;
}

async function retire(
  look: Look,
  { index, generation }: ChunkRecord,
  reason: string,
): Promise<void> {
  const { ports, record, owned, retries } = look;
  const isRetired = await ports.store.retireProof(
    owned.transferId,
    record.number,
    index,
    generation,
    reason,
  );
  if (isRetired) retries.ChunkResent = (retries.ChunkResent ?? 0) + 1;
  ports.log.warn('proof retired', { transferId: owned.transferId, chunkIndex: index, reason });
}

/** False where the service refused a chunk's proof for good, so that it must be sent again. */
async function reportAgain(look: Look, pending: readonly ChunkRecord[]): Promise<boolean> {
  const { ports, record, owned, retries } = look;
  if (pending.length === 0) return true;
  const refused = await refusedOf(look, pending);
  for (const { index } of pending)
    await ports.store.noteReport(owned.transferId, record.number, index);
  retries.ChunkReportedAgain = (retries.ChunkReportedAgain ?? 0) + pending.length;
  for (const chunk of refused) await retire(look, chunk, 'the service refuses its proof');
  return refused.length === 0;
}

/**
 * Reports all at once or, where that is refused, one by one, since one bad proof spoils a report.
 * @throws RequestRejectedError - it refuses all of several, or one that was sent again before
 */
async function refusedOf(look: Look, pending: readonly ChunkRecord[]): Promise<ChunkRecord[]> {
  const refusal = await refusalOf(look, pending);
  if (!refusal) return [];
  const refused: ChunkRecord[] = [];
  for (const chunk of pending) if (await refusalOf(look, [chunk])) refused.push(chunk);
  const isHopeless = refused.some(({ generation }) => generation >= maxRefusedGenerations);
  if (isHopeless || (pending.length > 1 && refused.length === pending.length)) throw refusal;
  return refused;
}

async function refusalOf(
  look: Look,
  chunks: readonly ChunkRecord[],
): Promise<TransferError | undefined> {
  try {
    await reportInBatches(look, look.record, chunks);
  } catch (error) {
    if (isTransferError(error, 'RequestRejectedError')) return error;
    throw error;
  }
}
