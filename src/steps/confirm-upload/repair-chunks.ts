import { isTransferError, TransferError } from '#src/core/errors/errors.ts';
import { maxRefusedGenerations, maxReportsPerChunk } from '#src/core/limits/limits.ts';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import type { ChunkState, ChunkStatePage, SessionStatus } from '#src/core/transfer/destination.ts';
import { type ChunkRecord, isProven } from '#src/core/transfer/transfer.ts';
import { reportInBatches } from '#src/transfer/report-in-batches.ts';
import { retryWithBackoff } from '#src/transfer/retry-with-backoff.ts';
import { isCompleteByReceipts } from '#src/transfer/session-receipts.ts';
import type { UploadCheck, UploadStatus } from './check-upload.ts';

/**
 * Compares the rows with what the service counts. A chunk that it calls failed, or that stays
 * pending after repeated reports, loses its proof and is sent again; one that is pending and has a
 * proof is reported again. Pages are read only when the counts say that something is missing, and
 * each is repaired before the next is read. A look that was cut short goes on at its page.
 */
export async function repairChunks(
  look: UploadCheck,
  { phase, counts }: SessionStatus,
): Promise<UploadStatus> {
  const { ports, record, owned } = look;
  const { totalChunks } = record.session;
  if (counts && counts.completed >= totalChunks) return 'busy';
  const rows = await ports.store.chunks(owned.transferId, record.number);
  const proven = [...rows.values()].filter(isProven);
  const isComplete = proven.length === totalChunks;
  // An unknown status without counts says only that the service is still working.
  if (phase === 'busy' && !counts) return isComplete ? 'busy' : 'missing';
  if (counts && isComplete) await withdrawReceipts(look);
  if (!ports.destination.traits.chunkStates) return isComplete ? 'busy' : 'missing';
  if (!isComplete && counts?.failed === 0) return 'missing';
  const isRepaired = await repairPages(look, proven, isComplete);
  return isComplete && isRepaired ? 'busy' : 'missing';
}

/** The service counts fewer chunks as completed than it said in reply to their reports. */
async function withdrawReceipts({ ports, record, owned }: UploadCheck): Promise<void> {
  if (!isCompleteByReceipts(record)) return;
  await ports.store.withdrawReceipts(owned.transferId, record.number);
}

/** False where a chunk must be sent again. A chunk that no page lists is pending. */
async function repairPages(
  look: UploadCheck,
  proven: readonly ChunkRecord[],
  isComplete: boolean,
): Promise<boolean> {
  const isWhole = look.page === undefined;
  const unlisted = new Map(proven.map((chunk) => [chunk.index, chunk]));
  let isRepaired = true;
  let page: number | undefined = look.page ?? 1;
  for (; page !== undefined && page <= look.record.session.totalChunks; ) {
    look.page = page;
    const { states, nextPage }: ChunkStatePage = await pageOf(look, page);
    const listed = proven.filter(({ index }) => states.has(index));
    for (const { index } of listed) unlisted.delete(index);
    isRepaired = (await repair(look, listed, states, isComplete)) && isRepaired;
    page = nextPage;
  }
  look.page = undefined;
  if (!isWhole) return isRepaired;
  return (await repair(look, [...unlisted.values()], new Map(), isComplete)) && isRepaired;
}

function pageOf(look: UploadCheck, page: number): Promise<ChunkStatePage> {
  const { ports, record, invocation } = look;
  const { signal } = invocation;
  const ask = () => ports.destination.chunkStates(record.session, page, { signal });
  return retryWithBackoff(look, ask);
}

async function repair(
  look: UploadCheck,
  chunks: readonly ChunkRecord[],
  states: ReadonlyMap<number, ChunkState>,
  isComplete: boolean,
): Promise<boolean> {
  const stateOf = ({ index }: ChunkRecord) => states.get(index) ?? 'pending';
  const failed = chunks.filter((chunk) => stateOf(chunk) === 'failed');
  const pending = chunks.filter((chunk) => stateOf(chunk) === 'pending');
  const stuck = pending.filter(({ reports }) => reports >= maxReportsPerChunk);
  for (const chunk of failed) await sendAgain(look, chunk, 'the service calls it failed');
  for (const chunk of stuck)
    await sendAgain(look, chunk, `pending after ${chunk.reports} more reports`);
  if (failed.length + stuck.length > 0) return false;
  // While chunks are still to be sent, what is pending may only be late.
  return !isComplete || reportAgain(look, pending);
}

/**
 * Withdraws a proof, so that the next plan sends the chunk again.
 * @throws UploadFailedError - the service has lost the chunk too often; its proof is withdrawn all the same
 */
async function sendAgain(look: UploadCheck, chunk: ChunkRecord, reason: string): Promise<void> {
  await retire(look, chunk, reason);
  if (chunk.generation < boundOf('failedSends')) return;
  throw new TransferError(
    'UploadFailedError',
    `chunk ${chunk.index} was sent ${chunk.generation} times and reported: ${reason}`,
  );
}

async function retire(
  look: UploadCheck,
  { index, generation }: ChunkRecord,
  reason: string,
): Promise<void> {
  const { ports, record, owned, retries } = look;
  await ports.store.withdrawReceipts(owned.transferId, record.number, [index]);
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
async function reportAgain(look: UploadCheck, pending: readonly ChunkRecord[]): Promise<boolean> {
  const { ports, record, owned, retries } = look;
  if (pending.length === 0) return true;
  const refused = await refusedOf(look, pending);
  for (const { index } of pending)
    await ports.store.incrementReports(owned.transferId, record.number, index);
  retries.ChunkReportedAgain = (retries.ChunkReportedAgain ?? 0) + pending.length;
  for (const chunk of refused) await retire(look, chunk, 'the service refuses its proof');
  return refused.length === 0;
}

/**
 * Reports all at once or, where that is refused, one by one, since one bad proof spoils a report.
 * @throws RequestRejectedError - it refuses all of several, or one that was sent again before
 */
async function refusedOf(
  look: UploadCheck,
  pending: readonly ChunkRecord[],
): Promise<ChunkRecord[]> {
  const refusal = await refusalOf(look, pending);
  if (!refusal) return [];
  const refused: ChunkRecord[] = [];
  for (const chunk of pending) if (await refusalOf(look, [chunk])) refused.push(chunk);
  const isHopeless = refused.some(({ generation }) => generation >= maxRefusedGenerations);
  if (isHopeless || (pending.length > 1 && refused.length === pending.length)) throw refusal;
  return refused;
}

async function refusalOf(
  look: UploadCheck,
  chunks: readonly ChunkRecord[],
): Promise<TransferError | undefined> {
  try {
    await reportInBatches(look, look.owned.transferId, look.record, chunks);
  } catch (error) {
    if (isTransferError(error, 'RequestRejectedError')) return error;
    throw error;
  }
}
