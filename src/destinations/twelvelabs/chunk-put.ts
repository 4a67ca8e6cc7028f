import type { ChunkDelivery } from '#src/core/destination.ts';
import { type ErrorName, TransferError } from '#src/core/errors.ts';
import type { HttpReply, Transport } from '#src/core/ports.ts';
import { withoutSecret } from '#src/http/redact.ts';
import { splitUrl } from '#src/http/request-target.ts';
import { retryAfterSeconds } from '#src/http/retry-after.ts';
import { isSuccess } from './api-client.ts';
import { describe, readServiceError, type ServiceError } from './errors.ts';

/** One chunk on its way to one presigned URL. */
export interface ChunkPut {
  readonly chunkIndex: number;
  readonly url: string;
  /** Exactly those the service named when the session was opened. */
  readonly headers: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
  readonly body: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

/** Names that a service may not set: they are ours, the connection's, or would carry a credential. */
const reservedHeaders: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'proxy-authorization',
  'authorization',
  'cookie',
  'x-api-key',
  'x-amz-security-token',
]);

const maxUploadHeaders = 32;

/**
 * The headers that a service wants with every chunk, as they may be kept and sent.
 * @throws ProtocolViolationError - too many, or one that no PUT of ours may carry; its name is told
 */
export function checkUploadHeaders(
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const entries = Object.entries(headers);
  const bad = entries.find(([name, value]) => !isSendable(name, value));
  if (!bad && entries.length <= maxUploadHeaders) return headers;
  const what = bad ? JSON.stringify(bad[0].slice(0, 80)) : `${entries.length} headers`;
  throw new TransferError(
    'ProtocolViolationError',
    `TwelveLabs' upload_headers hold ${what}, which can't be sent with a chunk`,
  );
}

/**
 * Sends one chunk once. The API key is not sent: the URL alone grants the upload.
 * @throws PresignedUrlRejectedError - the URL was refused
 * @throws SessionExpiredError - the storage does not know the upload
 * @throws ChunkMismatchError - the storage holds other bytes, or gave no ETag
 * @throws ThrottledError, ServiceUnavailableError, RequestRejectedError - by status and code
 */
export async function putChunk(
  transport: Transport,
  put: ChunkPut,
  nowMs: () => number,
): Promise<ChunkDelivery> {
  const { host } = splitUrl(put.url);
  const reply = await transport.send({
    method: 'PUT',
    url: put.url,
    headers: { ...put.headers, 'content-length': String(put.sizeBytes) },
    body: put.body,
    signal: put.signal,
  });
  const subject = `chunk ${put.chunkIndex} at ${host}`;
  if (!isSuccess(reply)) {
    throw putRefusal({ ...reply, text: withoutUrl(reply.text, put.url) }, subject, nowMs());
  }
  const encryption = reply.headers['x-amz-server-side-encryption'];
  const proof = etagOf(reply, subject);
  if (proof.length >= shortestPiece && put.url.includes(proof)) {
    throw new TransferError('ChunkMismatchError', `${subject}: the reply's ETag repeats its URL`);
  }
  return { proof, evidence: 'etag', encryption, host };
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

/** A proxy's odd 200 has no ETag either, so the chunk is sent again. */
function etagOf(reply: HttpReply, subject: string): string {
  const etag = /^(?:W\/)?"?([\x21\x23-\x7e]{1,256})"?$/.exec(reply.headers.etag?.trim() ?? '');
  if (etag?.[1]) return etag[1];
  throw new TransferError('ChunkMismatchError', `${subject}: the reply has no usable ETag`, {
    status: reply.status,
  });
}

function putRefusal(reply: HttpReply, subject: string, nowMs: number): TransferError {
  const error = readStorageError(reply.text);
  return new TransferError(
    putErrorName(reply.status, error),
    `${subject}: the storage answered ${describe(reply.status, error)}`,
    {
      status: reply.status,
      retryAfterSeconds: retryAfterSeconds(reply.headers, nowMs),
      side: 'storage',
    },
  );
}

function putErrorName(status: number, { code = '', message = '' }: ServiceError): ErrorName {
  if (status === 429 || code === 'SlowDown') return 'ThrottledError';
  if (code === 'RequestTimeout' || code === 'IncompleteBody') return 'ServiceUnavailableError';
  if (code === 'BadDigest') return 'ChunkMismatchError';
  if (status === 400 && /expired/i.test(`${code} ${message}`)) return 'PresignedUrlRejectedError';
  if (status === 401 || status === 403) return 'PresignedUrlRejectedError';
  if (status === 404 || status === 410) return 'SessionExpiredError';
  if (status === 400 || (status > 410 && status < 500)) return 'RequestRejectedError';
  return 'ServiceUnavailableError';
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

function isSendable(name: string, value: string): boolean {
  const isToken = /^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/i.test(name);
  return isToken && !reservedHeaders.has(name.toLowerCase()) && /^[\x20-\x7e]{0,1024}$/.test(value);
}
