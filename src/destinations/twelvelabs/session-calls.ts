import type * as z from 'zod/mini';
import type { ChunkProof } from '#src/core/chunk-proof.ts';
import type {
  AssetStatus,
  CallOptions,
  ChunkState,
  ChunkStatePage,
  ReportReceipt,
  SessionStatus,
  UploadSession,
} from '#src/core/destination.ts';
import { isTransferError, TransferError } from '#src/core/errors.ts';
import { showable } from '#src/http/redact.ts';
import { type ApiClient, isSuccess } from './api-client.ts';
import { describe, type Operation, readServiceError, refusalOf, saysUnknownId } from './errors.ts';
import { maxPageLength, maxProofsPerReport } from './limits.ts';
import { assetReply, chunkStatesReply, readReply, reportReply, statusReply } from './wire.ts';

const reporting: Operation = { name: 'reporting chunks', onSession: true };
const askingStatus: Operation = { name: "asking for a session's status", onSession: true };
const askingAsset: Operation = { name: 'asking for an asset', onSession: false };

type StatusCounts = Pick<
  z.infer<typeof statusReply>,
  'chunks_completed' | 'chunks_pending' | 'chunks_failed'
>;

/**
 * Reports proofs; repeating a report is harmless.
 * @throws InvalidInputError - none, or more than one report takes
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
      `a report takes 1 to ${maxProofsPerReport} proofs, not ${proofs.length}`,
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
    accepted: receipt.processed_chunks,
    duplicates: receipt.duplicate_chunks,
    complete: Boolean(receipt.url) || receipt.total_completed >= session.totalChunks,
  };
}

/** How a session stands, by one short page; one that the service does not know is `expired`. */
export async function sessionStatus(
  client: ApiClient,
  session: UploadSession,
  { signal }: CallOptions,
): Promise<SessionStatus> {
  try {
    const path = `${sessionPath(session)}?page=1&page_limit=1`;
    const reply = await client.ask({ operation: askingStatus, method: 'GET', path, signal });
    const status = readReply(statusReply, reply, askingStatus.name);
    return { phase: status.status, counts: countsOf(status) };
  } catch (error) {
    if (!isTransferError(error, 'SessionExpiredError')) throw error;
    return { phase: 'expired', reason: error.message };
  }
}

/**
 * Returns one page of a session's chunk states. The pages are full, so the last one is known by the
 * number of chunks that this page and those before it can hold.
 * @throws ProtocolViolationError - a chunk beyond the session's last
 */
export async function chunkStates(
  client: ApiClient,
  session: UploadSession,
  page: number,
  { signal }: CallOptions,
): Promise<ChunkStatePage> {
  const path = `${sessionPath(session)}?page=${page}&page_limit=${maxPageLength}`;
  const reply = await client.ask({ operation: askingStatus, method: 'GET', path, signal });
  const { uploaded_chunks } = readReply(chunkStatesReply, reply, askingStatus.name);
  const states = new Map<number, ChunkState>();
  for (const { index, status } of uploaded_chunks) states.set(checkIndex(index, session), status);
  const isLast = states.size === 0 || page * states.size >= session.totalChunks;
  return { states, nextPage: isLast ? undefined : page + 1 };
}

/** How an asset stands; `missing` when the service does not know it. */
export async function assetStatus(
  client: ApiClient,
  assetId: string,
  { signal }: CallOptions,
  nowMs: () => number,
): Promise<AssetStatus> {
  const path = `/assets/${encodeURIComponent(assetId)}`;
  const reply = await client.exchange({ operation: askingAsset, method: 'GET', path, signal });
  if (!isSuccess(reply)) {
    if (!saysUnknownId(reply)) throw refusalOf(reply, askingAsset, nowMs());
    return { phase: 'missing', reason: describe(reply.status, readServiceError(reply.text)) };
  }
  const { status, error } = readReply(assetReply, reply, askingAsset.name);
  const reason = error?.message ? showable(error.message) : undefined;
  return { phase: status === 'waiting' ? 'processing' : status, reason };
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

/** A count left out beside others is zero; where all are left out the service did not count. */
function countsOf(status: StatusCounts): SessionStatus['counts'] {
  const { chunks_completed, chunks_pending, chunks_failed } = status;
  if ((chunks_completed ?? chunks_pending ?? chunks_failed ?? undefined) === undefined) return;
  return {
    completed: chunks_completed ?? 0,
    pending: chunks_pending ?? 0,
    failed: chunks_failed ?? 0,
  };
}

function checkIndex(index: number, session: UploadSession): number {
  if (index <= session.totalChunks) return index;
  throw new TransferError(
    'ProtocolViolationError',
    `TwelveLabs lists chunk ${index} of a session of ${session.totalChunks}`,
  );
}
