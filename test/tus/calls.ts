import type { TransferError } from '#src/core/errors/transfer-error.ts';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { chunkCount } from '#src/core/transfer/chunk-plan.ts';
import type {
  AssetStatus,
  CallOptions,
  SessionRequest,
  SessionStatus,
  UploadSession,
} from '#src/core/transfer/destination.ts';
import { parseHttpDate } from '#src/http/http-date.ts';
import type { ApiClient, Operation } from '#src/service-api/api-client.ts';
import { isSuccess, serviceError } from '#src/service-api/replies.ts';
import { sendCreate } from '#src/service-api/send-create.ts';
import { readTransferOptions } from '#src/service-api/transfer-options.ts';
import { describeReply, isUnknownUpload } from './error-replies.ts';
import { optionsSchema } from './transfer-options.ts';

export interface CallPorts {
  readonly client: ApiClient;
  readonly baseUrl: string;
  readonly chunkSizeBytes: number;
  readonly nowMs: () => number;
}

const creating: Operation = { name: 'creating an upload', onSession: false };
const asking: Operation = { name: 'asking for an upload', onSession: true };
const aborting: Operation = { name: 'aborting an upload', onSession: true };

/** Creates an upload. The server names it in `Location`; a reply without that comes from another server. */
export async function openSession(
  { client, baseUrl, chunkSizeBytes, nowMs }: CallPorts,
  request: SessionRequest,
  { signal }: CallOptions,
): Promise<UploadSession> {
  const { sizeBytes } = request.source;
  const headers = { 'upload-length': String(sizeBytes), 'upload-metadata': metadataOf(request) };
  const call = { operation: creating, method: 'POST', path: '', headers, signal } as const;
  const reply = await sendCreate(client, call, nowMs, (one) => one.headers.location !== undefined);
  const uploadId = uploadIdOf(reply, baseUrl);
  return {
    ...{ uploadId, chunkSizeBytes, totalChunks: chunkCount(sizeBytes, chunkSizeBytes) },
    expiresAt: parseHttpDate(reply.headers['upload-expires'] ?? ''),
    details: { sizeBytes: String(sizeBytes) },
  };
}

/** Returns names with their values in Base64: "season MjAyNg==,episode Nw==". */
function metadataOf({ source, filename, options }: SessionRequest): string {
  const { uploadMetadata } = readTransferOptions(optionsSchema, options);
  const { contentType } = source;
  const all = { ...uploadMetadata, filename, ...(contentType && { filetype: contentType }) };
  return Object.entries(all)
    .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
    .join(',');
}

/** Every request holds the secret, so an upload at another address is not used. */
function uploadIdOf({ status, headers }: HttpReply, baseUrl: string): string {
  const { location = '' } = headers;
  const url = URL.canParse(location, `${baseUrl}/`) ? new URL(location, `${baseUrl}/`) : undefined;
  const [, uploadId] = /^\/([\w.~-]{1,200})$/.exec(url?.href.slice(baseUrl.length) ?? '') ?? [];
  if (uploadId !== undefined && url?.href.startsWith(baseUrl)) return uploadId;
  throw serviceError(
    'ProtocolViolationError',
    `Invalid Location from tus, host "${url?.host}": must be below the base URL.`,
    { status },
  );
}

/** Returns the path of an upload. */
export function uploadPath({ uploadId }: Pick<UploadSession, 'uploadId'>): string {
  return `/${encodeURIComponent(uploadId)}`;
}

/** Returns the offset that a reply names: how many bytes the server holds. */
export function offsetOf({ status, headers }: HttpReply, operation: string): number {
  const offset = headers['upload-offset'] ?? '';
  if (/^\d{1,15}$/.test(offset)) return Number(offset);
  throw serviceError(
    'ServiceUnavailableError',
    `Invalid ${status} reply from tus to ${operation}: it must have an Upload-Offset.`,
    { status },
  );
}

function askFor(client: ApiClient, uploadId: string, signal: AbortSignal): Promise<HttpReply> {
  return client.exchange({
    ...{ operation: asking, method: 'HEAD', path: uploadPath({ uploadId }), signal },
  });
}

/** Returns how many bytes of an upload the server holds. */
export async function heldBytes(
  client: ApiClient,
  { uploadId }: UploadSession,
  { signal }: CallOptions,
): Promise<number> {
  const reply = await askFor(client, uploadId, signal);
  if (!isSuccess(reply)) throw client.rejectionError(reply, asking);
  return offsetOf(reply, asking.name);
}

/**
 * Verifies that the server holds every byte. The last chunk has completed the upload: tus has no call for that.
 * @throws RequestRejectedError - the server holds fewer bytes
 */
export async function finish(
  client: ApiClient,
  session: UploadSession,
  options: CallOptions,
): Promise<UploadSession> {
  const held = await heldBytes(client, session, options);
  const { sizeBytes } = session.details;
  // The upload itself is the asset.
  if (String(held) === sizeBytes) return { ...session, assetId: session.uploadId };
  throw serviceError(
    'RequestRejectedError',
    `Invalid upload at tus of ${held} bytes: must have ${sizeBytes}.`,
  );
}

export async function sessionStatus(
  client: ApiClient,
  { uploadId, details }: UploadSession,
  { signal }: CallOptions,
): Promise<SessionStatus> {
  const reply = await askFor(client, uploadId, signal);
  if (isUnknownUpload(reply)) return { phase: 'expired', reason: describeReply(reply) };
  if (!isSuccess(reply)) throw client.rejectionError(reply, asking);
  const isComplete = String(offsetOf(reply, asking.name)) === details.sizeBytes;
  return { phase: isComplete ? 'completed' : 'active' };
}

/** An upload is ready as soon as it is complete. */
export async function assetStatus(
  client: ApiClient,
  uploadId: string,
  { signal }: CallOptions,
): Promise<AssetStatus> {
  const reply = await askFor(client, uploadId, signal);
  if (isUnknownUpload(reply)) return { phase: 'missing', reason: describeReply(reply) };
  if (!isSuccess(reply)) throw client.rejectionError(reply, asking);
  const isComplete = reply.headers['upload-offset'] === reply.headers['upload-length'];
  return { phase: isComplete ? 'ready' : 'processing' };
}

/**
 * Ends an upload (tus extension "termination"). An unknown upload is no error.
 * @throws RequestRejectedError - the upload is complete: its end would delete the asset
 */
export async function abortSession(
  client: ApiClient,
  session: UploadSession,
  { signal }: CallOptions,
): Promise<void> {
  const { phase } = await sessionStatus(client, session, { signal });
  if (phase === 'expired') return;
  if (phase === 'completed') throw completeError(session);
  const path = uploadPath(session);
  const reply = await client.exchange({ operation: aborting, method: 'DELETE', path, signal });
  if (isSuccess(reply) || isUnknownUpload(reply)) return;
  throw client.rejectionError(reply, aborting);
}

function completeError({ uploadId }: UploadSession): TransferError {
  const message = `Invalid abort of the upload "${uploadId}" at tus: it must not be complete.`;
  return serviceError('RequestRejectedError', message);
}
