import { chunkCount } from '#src/core/chunk-plan.ts';
import type { CallOptions, SessionRequest, UploadSession } from '#src/core/destination.ts';
import { isTransferError, TransferError } from '#src/core/errors.ts';
import type { HttpReply } from '#src/core/ports.ts';
import { wasNeverSent } from '#src/http/network-failure.ts';
import { retryAfterSeconds } from '#src/http/retry-after.ts';
import { type ApiClient, isSuccess } from './api-client.ts';
import { checkUploadHeaders } from './chunk-put.ts';
import { describe, type Operation, readServiceError, refusalOf } from './errors.ts';
import { sessionLifetimeMs } from './limits.ts';
import { createReply, isJson, readReply } from './wire.ts';

const operation: Operation = { name: 'opening an upload session', onSession: false };

/**
 * Opens an upload session. The presigned URLs in the answer are left unused: the session is opened
 * in one function and its chunks are sent in others, which a URL must never travel between.
 * @throws CreateReplyLostError - the service may have opened a session that nobody can name: no
 *   reply, a 5xx, a 408, or a 2xx that is not its own
 * @throws ProtocolViolationError - its answer contradicts its documents or the object's size
 */
export async function openSession(
  client: ApiClient,
  request: SessionRequest,
  { signal }: CallOptions,
  nowMs: () => number,
): Promise<UploadSession> {
  signal.throwIfAborted();
  const reply = await client.exchange({
    operation,
    method: 'POST',
    path: '/assets/multipart-uploads',
    body: bodyOf(request),
    signal,
    translate: (error) => lostUnlessUnsent(error, signal),
  });
  if (mayHaveTakenEffect(reply)) throw replyLost(reply, nowMs());
  if (!isSuccess(reply)) throw refusalOf(reply, operation, nowMs());
  return sessionOf(reply, request.source.sizeBytes, nowMs());
}

/** JSON leaves out what is undefined. */
function bodyOf(request: SessionRequest): Record<string, unknown> {
  return {
    filename: request.filename,
    type: request.mediaType,
    total_size: request.source.sizeBytes,
    enable_hls: request.enableHls,
    enable_thumbnail: request.enableThumbnail,
    user_metadata: request.userMetadata,
  };
}

/** Of all failures only a request that never left is certain to have had no effect. */
function lostUnlessUnsent(error: unknown, signal: AbortSignal): unknown {
  const isBug = isTransferError(error, 'UnexpectedError', 'InvalidInputError');
  const isBrokenOff = signal.aborted || (isTransferError(error) && !isBug);
  if (wasNeverSent(error) || !isBrokenOff) return error;
  const what = isTransferError(error) ? error.message : 'the call was broken off';
  return new TransferError(
    'CreateReplyLostError',
    `${operation.name}: no answer came back (${what})`,
    { cause: error },
  );
}

function mayHaveTakenEffect(reply: HttpReply): boolean {
  if (isSuccess(reply)) return !isJson(reply);
  return reply.status === 408 || reply.status >= 500;
}

function replyLost(reply: HttpReply, nowMs: number): TransferError {
  const what = describe(reply.status, readServiceError(reply.text));
  return new TransferError(
    'CreateReplyLostError',
    `${operation.name}: no usable answer came back (${what})`,
    { status: reply.status, retryAfterSeconds: retryAfterSeconds(reply.headers, nowMs) },
  );
}

function sessionOf(reply: HttpReply, sizeBytes: number, nowMs: number): UploadSession {
  const created = readReply(createReply, reply, operation.name);
  const expected = chunkCount(sizeBytes, created.chunk_size);
  if (created.total_chunks !== expected) {
    throw new TransferError(
      'ProtocolViolationError',
      `TwelveLabs planned ${created.total_chunks} chunks of ${created.chunk_size} bytes for ${sizeBytes} bytes; that makes ${expected}`,
      { status: reply.status },
    );
  }
  return {
    uploadId: created.upload_id,
    assetId: created.asset_id,
    chunkSizeBytes: created.chunk_size,
    totalChunks: created.total_chunks,
    expiresAt: created.expires_at ?? nowMs + sessionLifetimeMs,
    details: checkUploadHeaders(created.upload_headers ?? {}),
  };
}
