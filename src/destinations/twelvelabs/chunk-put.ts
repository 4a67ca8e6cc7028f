import {
  type ErrorName,
  TransferError,
  type TransferErrorOptions,
} from '#src/core/errors/errors.ts';
import type { HttpReply, Transport } from '#src/core/ports/transport.ts';
import type { ChunkDelivery } from '#src/core/transfer/destination.ts';
import { withoutSecret } from '#src/http/redact.ts';
import { splitUrl } from '#src/http/request-target.ts';
import { isThrottlingCode, isTransientCode } from '#src/http/storage-codes.ts';
import { isSuccess } from './api-client.ts';
import {
  describeRedirect,
  fromOrigin,
  isOfGateway,
  isRedirect,
  isTransientStatus,
  redirectHost,
} from './errors.ts';
import { retryAfterSeconds } from './retry-after.ts';
import { describe, readServiceError, type ServiceError } from './service-words.ts';
import { headersOf } from './upload-headers.ts';

/** One chunk on its way to one presigned URL. */
export interface ChunkPut {
  readonly chunkIndex: number;
  readonly url: string;
  /** Those that the service named when the session was opened. */
  readonly headers: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
  /** Bytes of every chunk of the session but the last. */
  readonly chunkSizeBytes: number;
  /** How long the reply may take after the last byte, in ms. */
  readonly replyTimeoutMs: number;
  readonly body: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

/**
 * Sends one chunk once. The API key is not sent: the URL alone grants the upload.
 * @throws PresignedUrlRejectedError - the URL was refused
 * @throws SessionExpiredError - the storage does not know the upload
 * @throws ChunkMismatchError - the storage holds other bytes, or gave no ETag
 * @throws ThrottledError, ServiceUnavailableError - by status and code, also by the code in a 2xx; the
 *   chunk may be sent again
 * @throws UploadRefusedError - the storage refused for good, or redirected
 * @throws ProtocolViolationError - `headers` contradict what the HTTP client sends
 */
export async function putChunk(
  transport: Transport,
  put: ChunkPut,
  nowMs: () => number,
): Promise<ChunkDelivery> {
  const { host } = splitUrl(put.url);
  const reply = await exchange(transport, put, host);
  const subject = `chunk ${put.chunkIndex} at ${host}`;
  if (!isSuccess(reply) || holdsError(reply.text)) throw putRejection(reply, put, subject, nowMs());
  const encryption = reply.headers['x-amz-server-side-encryption'];
  const proof = etagOf(reply, subject);
  if (proof.length >= shortestPiece && put.url.includes(proof)) {
    throw storageError('ChunkMismatchError', `${subject}: the reply's ETag repeats its URL`);
  }
  return { proof, evidence: 'etag', encryption, host };
}

async function exchange(transport: Transport, put: ChunkPut, host: string): Promise<HttpReply> {
  const { url, signal, body, replyTimeoutMs } = put;
  const headers = headersOf(put.headers, { ...put, host });
  try {
    return await transport.send({
      method: 'PUT',
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

/** A shorter piece of a URL may be a word of its own; the secrets among them are longer. */
const shortestPiece = 8;

/** Without what a presigned URL holds beyond its host, whoever repeats it: the path, and each value of its query. */
function withoutUrl(text: string, url: string): string {
  const [path = '', query = ''] = splitUrl(url).path.split('?', 2);
  const values = [...new URLSearchParams(query).values()];
  const raw = query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1));
  const pieces = [path, ...path.split('/'), ...raw, ...values];
  return pieces
    .filter((piece) => piece.length >= shortestPiece)
    .reduce((rest, piece) => withoutSecret(rest, piece), text);
}

/** Proxies join a repeated header into a list: `"a", "a"` is one value. */
const etagForm = /^((?:W\/)?"?([\x21\x23-\x7e]{1,256})"?)(?:, *\1)*$/;

/** A proxy's odd 200 has no ETag either, so the chunk is sent again. */
function etagOf(reply: HttpReply, subject: string): string {
  const etag = etagForm.exec(reply.headers.etag?.trim() ?? '');
  if (etag?.[2]) return etag[2];
  throw storageError('ChunkMismatchError', `${subject}: the reply has no usable ETag`, {
    status: reply.status,
  });
}

function putRejection(
  reply: HttpReply,
  { url }: ChunkPut,
  subject: string,
  nowMs: number,
): TransferError {
  const { status, headers } = reply;
  const error = readStorageError(withoutUrl(reply.text, url));
  const words = isRedirect(status)
    ? describeRedirect(status, redirectHost(headers.location, url) ?? endpointOf(reply.text))
    : `the storage answered ${describe(status, error)}`;
  return storageError(putErrorName(reply, error), `${subject}: ${words}`, {
    status,
    retryAfterSeconds: retryAfterSeconds(headers, nowMs),
  });
}

/** What the storage's own codes mean for the chunk, whatever the status. */
function nameByCode(code: string): ErrorName | undefined {
  if (isThrottlingCode(code)) return 'ThrottledError';
  if (isTransientCode(code)) return 'ServiceUnavailableError';
  if (code === 'NoSuchUpload') return 'SessionExpiredError';
  return code === 'BadDigest' ? 'ChunkMismatchError' : undefined;
}

function putErrorName(reply: HttpReply, { code = '', message = '' }: ServiceError): ErrorName {
  const { status } = reply;
  if (isRedirect(status)) return 'UploadRefusedError';
  if (status === 429) return 'ThrottledError';
  const byCode = nameByCode(code);
  if (byCode) return byCode;
  if (status < 300 || isTransientStatus(status)) return 'ServiceUnavailableError';
  if (code === '' && isOfGateway(reply)) return 'ServiceUnavailableError';
  if (status === 400 && /expired/i.test(`${code} ${message}`)) return 'PresignedUrlRejectedError';
  if (status === 401 || status === 403) return 'PresignedUrlRejectedError';
  if (status === 404 || status === 410) return 'SessionExpiredError';
  return code === '' && isOddRefusal(status) ? 'PresignedUrlRejectedError' : 'UploadRefusedError';
}

/** A 4xx without a storage's code may come from a proxy, so a fresh URL is tried; a chunk too large stays so. */
function isOddRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 413;
}

/**
 * Whether a body says that the chunk was not stored. A storage that has begun a 200 before it was
 * done can tell of its failure there alone.
 */
function holdsError(text: string): boolean {
  return /^\s*(?:<\?[^>]*>\s*)?<Error[\s>]/.test(text) && text.includes('<Code>');
}

/** S3 names the right host of a `PermanentRedirect` in its XML, often without a Location. */
function endpointOf(text: string): string | undefined {
  return /<Endpoint>([a-z0-9.:-]{1,253})<\/Endpoint>/i.exec(text)?.[1];
}

/**
 * S3 answers in XML. Only its code and message are kept: the other fields of a signature error
 * repeat the signed request.
 */
function readStorageError(text: string): ServiceError {
  const code = /<Code>([^<]{1,100})<\/Code>/.exec(text)?.[1];
  if (code === undefined) return readServiceError(text);
  const message = /<Message>([^<]{1,1000})<\/Message>/.exec(text)?.[1];
  return readServiceError(JSON.stringify({ code, message }));
}
