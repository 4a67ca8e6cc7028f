import type * as z from 'zod/mini';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { chunkCount } from '#src/core/transfer/chunk-plan.ts';
import type { CallOptions, SessionRequest, UploadSession } from '#src/core/transfer/destination.ts';
import type { ApiClient, Operation } from '#src/service-api/api-client.ts';
import { serviceError } from '#src/service-api/replies.ts';
import { sendCreate } from '#src/service-api/send-create.ts';
import { readTransferOptions } from '#src/service-api/transfer-options.ts';
import { checkUploadHeaders } from '#src/service-api/upload-headers.ts';
import { maxIndex } from '#src/service-api/wire-fields.ts';
import { service } from './error-replies.ts';
import { changeReplyMs, sessionLifetimeMs } from './limits.ts';
import { optionsSchema } from './transfer-options.ts';
import { createReply, readReply } from './wire.ts';

const operation: Operation = {
  name: 'opening an upload session',
  onSession: false,
  replyMs: changeReplyMs,
};

/**
 * Opens an upload session. Ignores the presigned URLs in the reply: one function opens the session, others
 * send its chunks, and a URL must never pass between them.
 * @throws CreateReplyLostError - the service may have opened a session with an unknown id: see `sendCreate`
 * @throws ThrottledError, ServiceUnavailableError - the service did nothing
 * @throws ProtocolViolationError - the reply contradicts the documents or the object's size
 */
export async function openSession(
  client: ApiClient,
  request: SessionRequest,
  { signal }: CallOptions,
  nowMs: () => number,
): Promise<UploadSession> {
  const reply = await sendCreate(
    client,
    { operation, method: 'POST', path: '/assets/multipart-uploads', body: bodyOf(request), signal },
    nowMs,
  );
  return sessionOf(reply, request.source.sizeBytes, nowMs());
}

/** Returns the request's body; JSON omits undefined fields. */
function bodyOf(request: SessionRequest): Record<string, unknown> {
  const options = readTransferOptions(optionsSchema, request.options);
  const { userMetadata, enableHls, enableThumbnail } = options;
  return {
    filename: request.filename,
    type: request.kind,
    total_size: request.source.sizeBytes,
    enable_hls: enableHls,
    enable_thumbnail: enableThumbnail,
    user_metadata: userMetadata,
  };
}

function sessionOf(reply: HttpReply, sizeBytes: number, nowMs: number): UploadSession {
  const created = readReply(createReply, reply, operation.name);
  return {
    uploadId: created.upload_id,
    assetId: created.asset_id,
    chunkSizeBytes: created.chunk_size,
    totalChunks: plannedChunks(created, sizeBytes, reply),
    expiresAt: created.expires_at ?? nowMs + sessionLifetimeMs,
    details: checkUploadHeaders(created.upload_headers, service),
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
