import type * as z from 'zod/mini';
import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { isTransferError, type TransferError } from '#src/core/errors/errors.ts';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { chunkCount } from '#src/core/transfer/chunk-plan.ts';
import type { CallOptions, SessionRequest, UploadSession } from '#src/core/transfer/destination.ts';
import { wasNeverSent } from '#src/http/network-failure.ts';
import { isTransientStatus } from '#src/http/status-codes.ts';
import { type ApiClient, isSuccess } from './api-client.ts';
import { describeServiceError, readServiceError } from './error-body.ts';
import { type Operation, serviceError } from './errors.ts';
import { changeReplyMs, sessionLifetimeMs } from './limits.ts';
import { retryAfterSeconds } from './retry-after.ts';
import { checkUploadHeaders } from './upload-headers.ts';
import { createReply, isJsonObject, readReply } from './wire.ts';
import { maxIndex } from './wire-fields.ts';

const operation: Operation = {
  name: 'opening an upload session',
  onSession: false,
  replyMs: changeReplyMs,
};

/**
 * Opens an upload session. Ignores the presigned URLs in the reply: one function opens the session, others
 * send its chunks, and a URL must never pass between them.
 * @throws CreateReplyLostError - the service may have opened a session with an unknown id: no reply, a 408
 *   or 5xx that is not in `rejections`, or a 2xx from another server
 * @throws ThrottledError, ServiceUnavailableError - the service did nothing, see `rejections`
 * @throws ProtocolViolationError - the reply contradicts the documents or the object's size
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
  if (!isSuccess(reply)) throw client.rejection(reply, operation);
  return sessionOf(reply, request.source.sizeBytes, nowMs());
}

/** Returns the request's body; JSON omits undefined fields. */
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

/** Returns CreateReplyLostError, unless the request was certainly not sent and had no effect. */
function lostUnlessUnsent(error: unknown, signal: AbortSignal): unknown {
  const isUnsent = wasNeverSent(error) || errorMeans(error, 'neverSent');
  const isNetworkFailure = signal.aborted || isTransferError(error);
  if (isUnsent || !isNetworkFailure) return error;
  const reason = isTransferError(error) ? error.message : 'the call was aborted';
  return serviceError('CreateReplyLostError', `${operation.name}: no reply (${reason})`, {
    cause: error,
  });
}

/**
 * Transient statuses with which a server, or a proxy in front of it, reports that it did not act on the
 * request. After any other transient status, the request may have had an effect.
 */
const rejections: readonly number[] = [409, 423, 425, 429, 503];

function mayHaveTakenEffect(reply: HttpReply): boolean {
  if (isSuccess(reply)) return !isJsonObject(reply);
  return isTransientStatus(reply.status) && !rejections.includes(reply.status);
}

function replyLost(reply: HttpReply, nowMs: number): TransferError {
  const summary = describeServiceError(reply.status, readServiceError(reply.text));
  return serviceError('CreateReplyLostError', `${operation.name}: no usable reply (${summary})`, {
    status: reply.status,
    retryAfterSeconds: retryAfterSeconds(reply.headers, nowMs),
  });
}

function sessionOf(reply: HttpReply, sizeBytes: number, nowMs: number): UploadSession {
  const created = readReply(createReply, reply, operation.name);
  return {
    uploadId: created.upload_id,
    assetId: created.asset_id,
    chunkSizeBytes: created.chunk_size,
    totalChunks: plannedChunks(created, sizeBytes, reply),
    expiresAt: created.expires_at ?? nowMs + sessionLifetimeMs,
    details: checkUploadHeaders(created.upload_headers),
  };
}

/** Returns the number of chunks by the sizes. The service may omit its own number, but not contradict it. */
function plannedChunks(
  { chunk_size, total_chunks }: z.infer<typeof createReply>,
  sizeBytes: number,
  { status }: HttpReply,
): number {
  const expected = chunkCount(sizeBytes, chunk_size);
  const planned = total_chunks ?? expected;
  if (planned === expected && expected <= maxIndex) return expected;
  const bound = expected > maxIndex ? ` and at most ${maxIndex}` : '';
  throw serviceError(
    'ProtocolViolationError',
    `Invalid plan from TwelveLabs: "${planned}" chunks of ${chunk_size} bytes for ${sizeBytes} bytes must be ${expected}${bound}.`,
    { status },
  );
}
