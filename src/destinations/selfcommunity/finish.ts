import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { isTransferError } from '#src/core/errors/transfer-error.ts';
import type { HttpReply } from '#src/core/ports/transport.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { CallOptions, UploadSession } from '#src/core/transfer/destination.ts';
import { assertAllProven } from '#src/service-api/all-proven.ts';
import type { ApiCall, ApiClient, Operation } from '#src/service-api/api-client.ts';
import { serviceError } from '#src/service-api/replies.ts';
import { sendCreate } from '#src/service-api/send-create.ts';
import { completionUnknownError } from './error-replies.ts';
import { formNames } from './form-fields.ts';
import { completeReplyMs } from './limits.ts';
import { urlencodedForm } from './multipart.ts';
import type { Mode } from './settings.ts';
import { mediaReply, readReply } from './wire.ts';

export interface FinishPorts {
  readonly client: ApiClient;
  readonly mode: Mode;
  readonly nowMs: () => number;
}

const operation: Operation = {
  name: 'completing an upload',
  onSession: true,
  replyMs: completeReplyMs,
};

/**
 * Completes an upload with the MD5 of the whole object, once. The service makes a second media if the call is
 * repeated, so a call without a usable reply is final.
 * @param md5 - lower-case hex; the service compares letters
 * @throws CompletionUnknownError - the media may exist, with an unknown id
 * @throws RequestRejectedError - a chunk has no proof, or the service holds other bytes
 */
export async function finish(
  ports: FinishPorts,
  session: UploadSession,
  proofs: readonly ChunkProof[],
  md5: string | undefined,
  options: CallOptions,
): Promise<UploadSession> {
  assertAllProven(session, proofs);
  const fields = { upload_id: session.uploadId, md5: (md5 ?? '').toLowerCase() };
  const content = urlencodedForm({ ...fields, ...formNames(ports.mode, session).complete });
  const path = '/media/upload/complete/';
  const reply = await complete(ports, { operation, method: 'POST', path, content, ...options });
  return { ...session, assetId: mediaIdOf(reply, session) };
}

async function complete({ client, nowMs }: FinishPorts, call: ApiCall): Promise<HttpReply> {
  try {
    return await sendCreate(client, call, nowMs);
  } catch (error) {
    if (errorMeans(error, 'createReplyLost')) throw completionUnknownError(error.message, error);
    throw error;
  }
}

/** A media without a usable id exists all the same. */
function mediaIdOf(reply: HttpReply, { details }: UploadSession): string {
  try {
    const { id, size } = readReply(mediaReply, reply, operation.name);
    if (size === undefined || String(size) === details.sizeBytes) return id;
    throw serviceError(
      'ProtocolViolationError',
      `Invalid media "${id}" from SelfCommunity: "${size}" bytes must be ${details.sizeBytes}. Delete the media.`,
    );
  } catch (error) {
    if (isTransferError(error) && error.message.includes('"id"'))
      throw completionUnknownError(error.message, error);
    throw error;
  }
}
