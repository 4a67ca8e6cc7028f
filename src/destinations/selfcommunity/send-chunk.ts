import type { HttpReply } from '#src/core/ports/transport.ts';
import type { Chunk } from '#src/core/transfer/chunk-plan.ts';
import type {
  CallOptions,
  ChunkBody,
  ChunkDelivery,
  UploadSession,
} from '#src/core/transfer/destination.ts';
import type { ApiCall, ApiClient, Operation } from '#src/service-api/api-client.ts';
import type { OffsetWatch } from '#src/service-api/offset-watch.ts';
import { isSuccess, serviceError } from '#src/service-api/replies.ts';
import { completionUnknownError, describeReply, isAlreadyComplete } from './error-replies.ts';
import { formNames } from './form-fields.ts';
import { multipartForm } from './multipart.ts';
import type { Mode } from './settings.ts';
import { chunkReply, heldBytes, readReply } from './wire.ts';

export interface SendPorts {
  readonly client: ApiClient;
  readonly mode: Mode;
  readonly offsets: OffsetWatch;
  /** The longest time for the reply to a chunk after its last byte, in ms. */
  readonly replyMs: number;
}

/** The path of the call that takes chunks. */
export const chunkPath = '/media/upload/chunk/';

/**
 * Sends one chunk once. The reply to the first chunk names the upload. If the service already holds the chunk,
 * because an earlier reply was lost, the chunk counts as sent.
 * @throws ChunkMismatchError - the service holds another number of bytes than the chunk's start
 * @throws SessionExpiredError - the service does not know the upload, or its offset differs repeatedly
 * @throws CompletionUnknownError - the upload is already complete
 */
export async function sendChunk(
  ports: SendPorts,
  session: UploadSession,
  chunk: Chunk,
  body: ChunkBody,
  options: CallOptions,
): Promise<ChunkDelivery> {
  const call = callOf(ports, session, chunk, body, options);
  const reply = await ports.client.exchange(call);
  if (!isSuccess(reply) && heldBytes(reply) === undefined) {
    if (isAlreadyComplete(reply)) throw completionUnknownError(describeReply(reply));
    throw ports.client.rejectionError(reply, call.operation);
  }
  const { session: known, held } = answerOf(reply, session, call.operation);
  const end = chunk.range.endInclusive + 1;
  if (held !== end) throw ports.offsets.mismatchError(known, chunk, held);
  ports.offsets.matched(known);
  return { proof: String(end), evidence: 'none', session: known };
}

function callOf(
  { mode, replyMs }: SendPorts,
  session: UploadSession,
  { index, range }: Chunk,
  body: ChunkBody,
  { signal }: CallOptions,
): ApiCall {
  const { uploadId, details } = session;
  const form = multipartForm(uploadId === '' ? {} : { upload_id: uploadId }, {
    field: formNames(mode, session).file,
    filename: details.filename ?? 'file',
    contentType: details.contentType ?? 'application/octet-stream',
    sizeBytes: body.sizeBytes,
    open: () => body.open(),
  });
  const contentRange = `bytes ${range.start}-${range.endInclusive}/${details.sizeBytes}`;
  const headers = { ...form.headers, 'content-range': contentRange };
  const operation: Operation = {
    name: `sending chunk ${index}`,
    onSession: uploadId !== '',
    replyMs,
  };
  return { operation, method: 'POST', path: chunkPath, content: { ...form, headers }, signal };
}

/** Returns the session after a reply, and the bytes that the service holds. */
function answerOf(
  reply: HttpReply,
  session: UploadSession,
  { name }: Operation,
): { readonly session: UploadSession; readonly held: number } {
  const rejected = heldBytes(reply);
  if (rejected !== undefined) return { session, held: rejected };
  const { upload_id: uploadId, offset: held, expires } = readReply(chunkReply, reply, name);
  if (session.uploadId !== '' && session.uploadId !== uploadId)
    throw serviceError(
      'ProtocolViolationError',
      `Invalid upload_id from SelfCommunity to ${name}: it differs from that of the first chunk.`,
    );
  return { session: { ...session, uploadId, expiresAt: expires ?? session.expiresAt }, held };
}
