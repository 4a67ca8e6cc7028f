import type { ErrorName } from '#src/core/errors/error-lookup.ts';
import { removeSecret } from '#src/core/errors/redact.ts';
import { TransferError, type TransferErrorOptions } from '#src/core/errors/transfer-error.ts';
import type { HttpReply, Transport } from '#src/core/ports/transport.ts';
import type { ChunkDelivery } from '#src/core/transfer/destination.ts';
import { splitUrl } from '#src/http/request-target.ts';
import { isTransientStatus } from '#src/http/status-codes.ts';
import { isThrottlingCode, isTransientCode } from '#src/http/storage-codes.ts';
import { describeServiceError, readServiceError, type ServiceError } from './error-body.ts';
import {
  describeRedirect,
  fromOrigin,
  isFromGateway,
  isRedirect,
  isSuccess,
  redirectHost,
} from './replies.ts';
import { retryAfterSeconds } from './retry-after.ts';
import { headersOf } from './upload-headers.ts';

/** One PUT of one chunk to one presigned URL. */
export interface ChunkPut {
  readonly chunkIndex: number;
  readonly url: string;
  /** Default: PUT. */
  readonly method?: 'PUT' | 'POST' | undefined;
  /** Statuses of success. Default: 200–299. */
  readonly successCodes?: readonly number[] | undefined;
  /** The headers that the service requires with the chunk. */
  readonly headers: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
  /** Bytes of every chunk of the session but the last. */
  readonly chunkSizeBytes: number;
  /** The longest time for the reply after the last byte, in ms. */
  readonly replyTimeoutMs: number;
  readonly body: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

/** The reply of a storage that has stored a chunk. */
export interface StorageReply {
  readonly reply: HttpReply;
  readonly host: string;
  /** Names the chunk and the host, for messages. */
  readonly subject: string;
}

/**
 * Sends one chunk once, and reads its proof from the ETag.
 * @throws ChunkMismatchError - the reply has no ETag, and the errors of `storeChunk`
 */
export async function putChunk(
  transport: Transport,
  put: ChunkPut,
  nowMs: () => number,
): Promise<ChunkDelivery> {
  const stored = await storeChunk(transport, put, nowMs);
  const proof = etagOf(stored);
  assertNotSecret(proof, put, stored);
  return deliveryOf(stored, proof, 'etag');
}

export function deliveryOf(
  { reply, host }: StorageReply,
  proof: string,
  evidence: ChunkDelivery['evidence'],
): ChunkDelivery {
  return { proof, evidence, encryption: reply.headers['x-amz-server-side-encryption'], host };
}

/**
 * Verifies that a proof holds no part of the URL: rows and reports contain the proof.
 * @throws ChunkMismatchError
 */
export function assertNotSecret(proof: string, { url }: ChunkPut, { subject }: StorageReply): void {
  if (proof.length < shortestPiece || !url.includes(proof)) return;
  const message = `Invalid reply to ${subject}: its proof repeats the URL.`;
  throw storageError('ChunkMismatchError', message);
}

/**
 * Sends one chunk once, without the API key: the URL alone grants the upload.
 * @throws PresignedUrlRejectedError - the storage rejected the URL
 * @throws SessionExpiredError - the storage does not know the upload
 * @throws ChunkMismatchError - the storage received other bytes
 * @throws ThrottledError, ServiceUnavailableError - by status and code, also by the code in a 2xx; retryable
 * @throws UploadRejectedError - the storage rejected the chunk permanently, or redirected
 * @throws ProtocolViolationError - `headers` contradict the headers of the HTTP client
 */
export async function storeChunk(
  transport: Transport,
  put: ChunkPut,
  nowMs: () => number,
): Promise<StorageReply> {
  const { host } = splitUrl(put.url);
  const reply = await exchange(transport, put, host);
  const subject = `chunk ${put.chunkIndex} at ${host}`;
  const isStored = put.successCodes?.includes(reply.status) ?? isSuccess(reply);
  if (!isStored || holdsError(reply.text)) throw putError(reply, put, subject, nowMs());
  return { reply, host, subject };
}

async function exchange(transport: Transport, put: ChunkPut, host: string): Promise<HttpReply> {
  const { url, signal, body, replyTimeoutMs } = put;
  const headers = headersOf(put.headers, { ...put, host });
  try {
    return await transport.send({
      method: put.method ?? 'PUT',
      url,
      headers,
      body,
      signal,
      replyTimeoutMs,
      // The proof is a header.
      bodyIsOptional: true,
    });
  } catch (error) {
    throw fromOrigin(error, 'storage', signal);
  }
}

function storageError(
  name: ErrorName,
  message: string,
  options: TransferErrorOptions = {},
): TransferError {
  return new TransferError(name, message, { ...options, origin: 'storage' });
}

/** In characters. A shorter piece of a URL may be an ordinary word; the secret pieces are longer. */
const shortestPiece = 8;

/** Removes the secret parts of a presigned URL from a text: the path, and each value of the query. */
function withoutUrl(text: string, url: string): string {
  const [path = '', query = ''] = splitUrl(url).path.split('?', 2);
  const values = [...new URLSearchParams(query).values()];
  const raw = query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1));
  const pieces = new Set([path, ...path.split('/'), ...raw, ...values]);
  return [...pieces]
    .filter((piece) => piece.length >= shortestPiece)
    .reduce((rest, piece) => removeSecret(rest, piece), text);
}

/** Accepts one value, also repeated: proxies join a repeated header into a list such as `"a", "a"`. */
const etagForm = /^((?:W\/)?"?([\x21\x23-\x7e]{1,256})"?)(?:, *\1)*$/;

/** Returns the ETag. A proxy's own 200 has none; the error makes the engine send the chunk again. */
export function etagOf({ reply, subject }: StorageReply): string {
  const etag = etagForm.exec(reply.headers.etag?.trim() ?? '');
  if (etag?.[2]) return etag[2];
  throw storageError('ChunkMismatchError', `Invalid reply to ${subject}: it has no usable ETag.`, {
    status: reply.status,
  });
}

function putError(
  reply: HttpReply,
  { url }: ChunkPut,
  subject: string,
  nowMs: number,
): TransferError {
  const { status, headers } = reply;
  const error = readStorageError(withoutUrl(reply.text, url));
  const words = isRedirect(status)
    ? describeRedirect(status, redirectHost(headers.location, url) ?? endpointOf(reply.text))
    : `the storage returned ${describeServiceError(status, error)}`;
  return storageError(putErrorName(reply, error), `${subject}: ${words}`, {
    status,
    retryAfterSeconds: retryAfterSeconds(headers, nowMs),
  });
}

/** Returns the error for a storage code, with any status. */
function nameByCode(code: string): ErrorName | undefined {
  if (isThrottlingCode(code)) return 'ThrottledError';
  if (isTransientCode(code)) return 'ServiceUnavailableError';
  if (code === 'NoSuchUpload') return 'SessionExpiredError';
  return code === 'BadDigest' ? 'ChunkMismatchError' : undefined;
}

function putErrorName(reply: HttpReply, { code = '', message = '' }: ServiceError): ErrorName {
  const { status } = reply;
  if (isRedirect(status)) return 'UploadRejectedError';
  if (status === 429) return 'ThrottledError';
  const byCode = nameByCode(code);
  if (byCode) return byCode;
  if (status < 300 || isTransientStatus(status)) return 'ServiceUnavailableError';
  if (code === '' && isFromGateway(reply)) return 'ServiceUnavailableError';
  if (status === 400 && /expired/i.test(`${code} ${message}`)) return 'PresignedUrlRejectedError';
  if (status === 401 || status === 403) return 'PresignedUrlRejectedError';
  if (status === 404 || status === 410) return 'SessionExpiredError';
  return code === '' && mayBeFromProxy(status)
    ? 'PresignedUrlRejectedError'
    : 'UploadRejectedError';
}

/** A 4xx without a storage code may come from a proxy, and a new URL may help; not for a chunk that is too large (413). */
function mayBeFromProxy(status: number): boolean {
  return status >= 400 && status < 500 && status !== 413;
}

/**
 * Returns true if a body reports that the chunk was not stored. A storage that has already sent a 200 can
 * report its failure only there.
 */
function holdsError(text: string): boolean {
  return /^\s*(?:<\?[^>]*>\s*)?<Error[\s>]/.test(text) && text.includes('<Code>');
}

/** Returns the host in the XML of a `PermanentRedirect`, which often has no Location header. */
function endpointOf(text: string): string | undefined {
  return /<Endpoint>([a-z0-9.:-]{1,253})<\/Endpoint>/i.exec(text)?.[1];
}

/**
 * Reads S3's XML error. Ignores all fields but code and message: a signature error repeats the signed
 * request in others.
 */
function readStorageError(text: string): ServiceError {
  const code = /<Code>([^<]{1,100})<\/Code>/.exec(text)?.[1];
  if (code === undefined) return readServiceError(text);
  const message = /<Message>([^<]{1,1000})<\/Message>/.exec(text)?.[1];
  return readServiceError(JSON.stringify({ code, message }));
}
