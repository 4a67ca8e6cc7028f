import type * as z from 'zod/mini';
import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type {
  AssetStatus,
  CallOptions,
  ChunkState,
  ChunkStatePage,
  ReportReceipt,
  SessionStatus,
  UploadSession,
} from '#src/core/transfer/destination.ts';
import type { ApiClient, Operation } from '#src/service-api/api-client.ts';
import { describeServiceError, readReason, readServiceError } from '#src/service-api/error-body.ts';
import { isSuccess, serviceError } from '#src/service-api/replies.ts';
import { isUnknownId } from './error-replies.ts';
import { changeReplyMs, maxPageLength, maxProofsPerReport } from './limits.ts';
import { assetReply, chunkStatesReply, readReply, reportReply, statusReply } from './wire.ts';

const reporting: Operation = { name: 'reporting chunks', onSession: true, replyMs: changeReplyMs };
const askingStatus: Operation = { name: "asking for a session's status", onSession: true };
const askingAsset: Operation = { name: 'asking for an asset', onSession: false };

type StatusCounts = Pick<
  z.infer<typeof statusReply>,
  'chunks_completed' | 'chunks_pending' | 'chunks_failed'
>;

/**
 * Reports proofs. A repeated report is harmless.
 * @throws InvalidInputError - no proofs, or more than one report may hold
 */
export async function reportProofs(
  client: ApiClient,
  session: UploadSession,
  proofs: readonly ChunkProof[],
  { signal }: CallOptions,
): Promise<ReportReceipt> {
  if (proofs.length < 1 || proofs.length > maxProofsPerReport) {
    throw new TransferError(
      'InvalidInputError',
      `Invalid report of ${proofs.length} proofs: must hold 1 to ${maxProofsPerReport}.`,
    );
  }
  const reply = await client.ask({
    operation: reporting,
    method: 'POST',
    path: sessionPath(session),
    body: { completed_chunks: proofs.map(proofOnWire) },
    signal,
  });
  const receipt = readReply(reportReply, reply, reporting.name);
  return {
    accepted: newlyAccepted(receipt, proofs.length),
    duplicates: receipt.duplicate_chunks,
    complete: receipt.url || receipt.total_completed >= session.totalChunks,
  };
}

/** Limits the count to the reported chunks, because receipts prove that an upload is complete. */
function newlyAccepted(receipt: z.infer<typeof reportReply>, reported: number): number {
  const atMost = Math.max(0, reported - receipt.duplicate_chunks);
  return Math.min(receipt.processed_chunks, atMost);
}

/**
 * Returns the state of a session from one short page. A session that the service does not know is
 * `expired`; a status that the adapter does not know is `busy`.
 */
export async function sessionStatus(
  client: ApiClient,
  session: UploadSession,
  { signal }: CallOptions,
): Promise<SessionStatus> {
  try {
    const path = `${sessionPath(session)}?page=1&page_limit=1`;
    const reply = await client.ask({ operation: askingStatus, method: 'GET', path, signal });
    const status = readReply(statusReply, reply, askingStatus.name);
    const reason = readReason(status.error) ?? readReason(status.reason);
    return { phase: status.status, counts: countsOf(status), reason };
  } catch (error) {
    if (!errorMeans(error, 'sessionLost')) throw error;
    return { phase: 'expired', reason: error.message };
  }
}

/**
 * Returns one page of a session's chunk states.
 * @throws ProtocolViolationError - the page lists a chunk beyond the session's last
 */
export async function chunkStates(
  client: ApiClient,
  session: UploadSession,
  page: number,
  { signal }: CallOptions,
): Promise<ChunkStatePage> {
  const path = `${sessionPath(session)}?page=${page}&page_limit=${maxPageLength}`;
  const reply = await client.ask({ operation: askingStatus, method: 'GET', path, signal });
  const { uploaded_chunks, page_info } = readReply(chunkStatesReply, reply, askingStatus.name);
  const states = new Map<number, ChunkState>();
  for (const { index, status } of uploaded_chunks) states.set(checkIndex(index, session), status);
  const isLast = isLastPage(page, states.size, page_info, session.totalChunks);
  return { states, nextPage: isLast ? undefined : page + 1 };
}

/**
 * Returns true if no page follows: this one is empty, or the service counts no more pages. Without a page
 * count, the number of chunks on this page decides. The number of pages never exceeds the number of
 * chunks, even if the service repeats itself.
 */
function isLastPage(
  page: number,
  onPage: number,
  totalPages: number | undefined,
  totalChunks: number,
): boolean {
  if (onPage === 0 || page >= totalChunks) return true;
  return totalPages ? page >= totalPages : page * onPage >= totalChunks;
}

/** Returns the state of an asset: `missing` when the service does not know it. */
export async function assetStatus(
  client: ApiClient,
  assetId: string,
  { signal }: CallOptions,
): Promise<AssetStatus> {
  const path = `/assets/${encodeURIComponent(assetId)}`;
  const reply = await client.exchange({ operation: askingAsset, method: 'GET', path, signal });
  if (!isSuccess(reply)) {
    if (!isUnknownId(reply)) throw client.rejectionError(reply, askingAsset);
    return {
      phase: 'missing',
      reason: describeServiceError(reply.status, readServiceError(reply.text)),
    };
  }
  const { status, error, reason } = readReply(assetReply, reply, askingAsset.name);
  return { phase: status, reason: readReason(error) ?? readReason(reason) };
}

function sessionPath(session: UploadSession): string {
  return `/assets/multipart-uploads/${encodeURIComponent(session.uploadId)}`;
}

function proofOnWire(proof: ChunkProof): Record<string, string | number> {
  return {
    chunk_index: proof.index,
    proof: proof.proof,
    proof_type: 'etag',
    chunk_size: proof.sizeBytes,
  };
}

/**
 * Returns the counts. An absent count among others is zero. Returns undefined if all are absent or one is
 * unreadable.
 */
function countsOf(status: StatusCounts): SessionStatus['counts'] {
  const { chunks_completed, chunks_pending, chunks_failed } = status;
  const counts = [chunks_completed, chunks_pending, chunks_failed];
  if (counts.every((count) => count === undefined)) return undefined;
  const [completed, pending, failed] = counts.map((count = 0) => count);
  const isReadable = isNumber(completed) && isNumber(pending) && isNumber(failed);
  return isReadable ? { completed, pending, failed } : undefined;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function checkIndex(index: number, session: UploadSession): number {
  if (index <= session.totalChunks) return index;
  throw serviceError(
    'ProtocolViolationError',
    `Invalid chunk index from TwelveLabs: "${index}" must be at most ${session.totalChunks}.`,
  );
}
