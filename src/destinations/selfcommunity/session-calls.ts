import type {
  AssetStatus,
  CallOptions,
  SessionStatus,
  UploadSession,
} from '#src/core/transfer/destination.ts';
import type { ApiClient, Operation } from '#src/service-api/api-client.ts';
import { isFromGateway, isSuccess, missingStatuses } from '#src/service-api/replies.ts';
import {
  completionUnknownError,
  describeReply,
  isAlreadyComplete,
  isUnknownUpload,
} from './error-replies.ts';
import { formNames } from './form-fields.ts';
import { multipartForm } from './multipart.ts';
import { chunkPath } from './send-chunk.ts';
import type { Mode } from './settings.ts';

const asking: Operation = { name: 'asking for an upload', onSession: true };
const askingMedia: Operation = { name: 'asking for a media', onSession: false };

const nothing = async function* (): AsyncGenerator<Uint8Array> {};

/**
 * Returns the state of an upload. The service has no call for it, so this sends an empty chunk beyond the end,
 * which no server can add to the file: it answers with an error, which shows what it knows.
 * @throws CompletionUnknownError - the upload is complete, and its media is unknown
 */
export async function sessionStatus(
  client: ApiClient,
  mode: Mode,
  session: UploadSession,
  { signal }: CallOptions,
): Promise<SessionStatus> {
  if (session.uploadId === '') return { phase: 'active' };
  const content = emptyChunk(mode, session);
  const call = { operation: asking, method: 'POST' as const, path: chunkPath, content, signal };
  const reply = await client.exchange(call);
  const reason = describeReply(reply);
  if (isUnknownUpload(reply)) return { phase: 'expired', reason };
  if (isAlreadyComplete(reply)) {
    if (session.assetId === undefined) throw completionUnknownError(reason);
    return { phase: 'completed' };
  }
  if (isSuccess(reply) || reply.status === 400) return { phase: 'active' };
  throw client.rejectionError(reply, asking);
}

/** A file of no bytes, with a range of one byte at an offset that the service cannot hold. */
function emptyChunk(mode: Mode, session: UploadSession) {
  const {
    filename = 'file',
    contentType = 'application/octet-stream',
    sizeBytes,
  } = session.details;
  const file = { filename, contentType, sizeBytes: 0, open: nothing };
  const form = multipartForm(
    { upload_id: session.uploadId },
    { field: formNames(mode, session).file, ...file },
  );
  const offset = Number(sizeBytes) + 1;
  return {
    ...form,
    headers: { ...form.headers, 'content-range': `bytes ${offset}-${offset}/${offset + 1}` },
  };
}

/** Returns the status of a media: `ready` as soon as it exists. */
export async function assetStatus(
  client: ApiClient,
  mediaId: string,
  { signal }: CallOptions,
): Promise<AssetStatus> {
  const path = `/media/${encodeURIComponent(mediaId)}/`;
  const reply = await client.exchange({ operation: askingMedia, method: 'GET', path, signal });
  if (isSuccess(reply)) return { phase: 'ready' };
  const isMissing = missingStatuses.includes(reply.status) && !isFromGateway(reply);
  if (isMissing) return { phase: 'missing', reason: describeReply(reply) };
  throw client.rejectionError(reply, askingMedia);
}
