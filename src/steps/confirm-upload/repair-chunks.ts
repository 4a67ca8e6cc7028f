import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { maxRejectedGenerations, maxReportsPerChunk } from '#src/core/limits/limits.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import type { ChunkState, ChunkStatePage, SessionStatus } from '#src/core/transfer/destination.ts';
import { type ChunkRecord, isProven } from '#src/core/transfer/upload-rows.ts';
import { reportInBatches } from '#src/step-support/report-in-batches.ts';
import { retryWithBackoff } from '#src/step-support/retry-with-backoff.ts';
import { isCompleteByReceipts } from '#src/step-support/session-completeness.ts';
import type { UploadCheck, UploadStatus } from './check-upload.ts';

/**
 * Compares the rows with the counts of the service, and repairs the difference. A failed chunk, or a
 * chunk that stays pending after repeated reports, loses its proof and is sent again. Any other
 * pending chunk with a proof is reported again. Pages of chunk states are read only if the counts show
 * a missing chunk. Each page is repaired before the next is read, so a check that ends early continues
 * at its page.
 */
export async function repairChunks(
  check: UploadCheck,
  { phase, counts }: SessionStatus,
): Promise<UploadStatus> {
  const { ports, record, owned } = check;
  const { totalChunks } = record.session;
  if (counts && counts.completed >= totalChunks) return 'busy';
  const rows = await ports.store.chunks(owned.transferId, record.number);
  const proven = [...rows.values()].filter(isProven);
  const isComplete = proven.length === totalChunks;
  // An unknown status without counts means only that the service is still working.
  if (phase === 'busy' && !counts) return isComplete ? 'busy' : 'missing';
  if (counts && isComplete) await withdrawReceipts(check);
  if (!ports.destination.traits.chunkStates) return isComplete ? 'busy' : 'missing';
  if (!isComplete && counts?.failed === 0) return 'missing';
  const isRepaired = await repairPages(check, proven, isComplete);
  return isComplete && isRepaired ? 'busy' : 'missing';
}

/** Withdraws the receipts: the service counts fewer completed chunks than its replies accepted. */
async function withdrawReceipts({ ports, record, owned }: UploadCheck): Promise<void> {
  if (!isCompleteByReceipts(record)) return;
  await ports.store.withdrawReceipts(owned.transferId, record.number);
}

/** Returns false if a chunk must be sent again. A chunk that no page lists counts as pending. */
async function repairPages(
  check: UploadCheck,
  proven: readonly ChunkRecord[],
  isComplete: boolean,
): Promise<boolean> {
  const isFromStart = check.page === undefined;
  const unlisted = new Map(proven.map((chunk) => [chunk.index, chunk]));
  let isRepaired = true;
  let page: number | undefined = check.page ?? 1;
  while (page !== undefined && page <= check.record.session.totalChunks) {
    check.page = page;
    const { states, nextPage }: ChunkStatePage = await readPage(check, page);
    const listed = proven.filter(({ index }) => states.has(index));
    for (const { index } of listed) unlisted.delete(index);
    isRepaired = (await repair(check, listed, states, isComplete)) && isRepaired;
    page = nextPage;
  }
  check.page = undefined;
  if (!isFromStart) return isRepaired;
  return (await repair(check, [...unlisted.values()], new Map(), isComplete)) && isRepaired;
}

function readPage(check: UploadCheck, page: number): Promise<ChunkStatePage> {
  const { ports, record, invocation } = check;
  const { signal } = invocation;
  const read = () => ports.destination.chunkStates(record.session, page, { signal });
  return retryWithBackoff(check, read);
}

async function repair(
  check: UploadCheck,
  chunks: readonly ChunkRecord[],
  states: ReadonlyMap<number, ChunkState>,
  isComplete: boolean,
): Promise<boolean> {
  const stateOf = ({ index }: ChunkRecord) => states.get(index) ?? 'pending';
  const failed = chunks.filter((chunk) => stateOf(chunk) === 'failed');
  const pending = chunks.filter((chunk) => stateOf(chunk) === 'pending');
  const stuck = pending.filter(({ reports }) => reports >= maxReportsPerChunk);
  for (const chunk of failed) await resend(check, chunk, 'the service reports it as failed');
  for (const chunk of stuck)
    await resend(check, chunk, `pending after ${chunk.reports} more reports`);
  if (failed.length + stuck.length > 0) return false;
  // While other chunks are still to be sent, a pending chunk may only be late.
  return !isComplete || reportAgain(check, pending);
}

/**
 * Withdraws a proof. The next plan then sends the chunk again.
 * @throws UploadFailedError - the service has lost the chunk too often; its proof is withdrawn nevertheless
 */
async function resend(check: UploadCheck, chunk: ChunkRecord, reason: string): Promise<void> {
  await retireProof(check, chunk, reason);
  if (chunk.generation < boundOf('failedSends')) return;
  throw new TransferError(
    'UploadFailedError',
    `chunk ${chunk.index} was sent ${chunk.generation} times and reported: ${reason}`,
  );
}

async function retireProof(
  check: UploadCheck,
  { index, generation }: ChunkRecord,
  reason: string,
): Promise<void> {
  const { ports, record, owned, retries } = check;
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

/** Reports pending chunks again. False if the service rejects a proof, so its chunk must be sent again. */
async function reportAgain(check: UploadCheck, pending: readonly ChunkRecord[]): Promise<boolean> {
  const { ports, record, owned, retries } = check;
  if (pending.length === 0) return true;
  const rejected = await reportSeparating(check, pending);
  for (const { index } of pending)
    await ports.store.incrementReports(owned.transferId, record.number, index);
  retries.ChunkReportedAgain = (retries.ChunkReportedAgain ?? 0) + pending.length;
  for (const chunk of rejected) await retireProof(check, chunk, 'the service rejects its proof');
  return rejected.length === 0;
}

/**
 * Reports all chunks at once. If that is rejected, reports them one by one, because one bad proof spoils
 * a whole report.
 * @returns the chunks whose proof the service rejects
 * @throws RequestRejectedError - the service rejects every one of several, or a chunk that was already resent
 */
async function reportSeparating(
  check: UploadCheck,
  pending: readonly ChunkRecord[],
): Promise<ChunkRecord[]> {
  const rejection = await tryReport(check, pending);
  if (!rejection) return [];
  const rejected: ChunkRecord[] = [];
  for (const chunk of pending) if (await tryReport(check, [chunk])) rejected.push(chunk);
  const isFinal = rejected.some(({ generation }) => generation >= maxRejectedGenerations);
  if (isFinal || (pending.length > 1 && rejected.length === pending.length)) throw rejection;
  return rejected;
}

/** Reports chunks. Returns the error if the service rejects the report. */
async function tryReport(
  check: UploadCheck,
  chunks: readonly ChunkRecord[],
): Promise<TransferError | undefined> {
  try {
    await reportInBatches(check, check.owned.transferId, check.record, chunks);
  } catch (error) {
    if (errorMeans(error, 'requestRejected')) return error;
    throw error;
  }
}
