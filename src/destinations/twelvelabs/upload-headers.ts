import { userAgent } from '#src/core/stack/product.ts';
import { serviceError } from './errors.ts';

type Headers = Readonly<Record<string, string>>;

/** A chunk on its way: what its computed headers depend on. */
export interface OutgoingChunk {
  readonly chunkIndex: number;
  readonly sizeBytes: number;
  /** Bytes of every chunk of the session but the last. */
  readonly chunkSizeBytes: number;
  /** Host of the presigned URL, with a port that is not the scheme's own. */
  readonly host: string;
}

/** Names that would carry a credential of ours; a session's row must not hold one either. */
const credentialHeaders: ReadonlySet<string> = new Set([
  'proxy-authorization',
  'authorization',
  'cookie',
  'x-api-key',
  'x-amz-security-token',
]);

/** Names that the HTTP client computes by itself; it sends only the first three. */
const computedHeaders: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'connection',
  'transfer-encoding',
  'keep-alive',
  'proxy-connection',
  'upgrade',
  'expect',
  'te',
  'trailer',
]);

const maxUploadHeaders = 32;

/**
 * Returns the headers that the service wants with every chunk, as a session's row may hold them.
 * Computed headers stay among them: their values are checked when a chunk is sent.
 * @throws ProtocolViolationError - too many headers, or one that no PUT may carry; the message names it
 */
export function checkUploadHeaders(headers: Headers): Headers {
  const entries = Object.entries(headers);
  const bad = entries.find(([name, value]) => !isSendable(name, value));
  if (!bad && entries.length <= maxUploadHeaders) return headers;
  const what = bad ? JSON.stringify(bad[0].slice(0, 80)) : `${entries.length} headers`;
  throw serviceError(
    'ProtocolViolationError',
    `TwelveLabs' upload_headers hold ${what}, which can't be sent with a chunk`,
  );
}

/**
 * Returns the headers of one PUT: the service's, without those that the HTTP client computes, and the
 * product's own.
 * @throws ProtocolViolationError - a computed header has another value than the one that is sent
 */
export function headersOf(wanted: Headers, chunk: OutgoingChunk): Headers {
  const entries = Object.entries(wanted);
  for (const [name, value] of entries) checkComputed(name, value, chunk);
  const kept = entries.filter(([name]) => !isComputed(name));
  // A User-Agent that the service names may be part of its signature, so it wins over ours.
  const isNamed = kept.some(([name]) => name.toLowerCase() === 'user-agent');
  return {
    ...Object.fromEntries(kept),
    ...(!isNamed && { 'user-agent': userAgent }),
    'content-length': String(chunk.sizeBytes),
  };
}

function checkComputed(name: string, value: string, chunk: OutgoingChunk): void {
  if (!isComputed(name) || isAsSent(name.toLowerCase(), value.trim().toLowerCase(), chunk)) return;
  throw serviceError(
    'ProtocolViolationError',
    `Invalid upload_headers "${name}" for chunk ${chunk.chunkIndex} of ${chunk.sizeBytes} bytes at ${chunk.host}: the HTTP client computes this header and sends another value`,
  );
}

/** One header serves all chunks, so the last chunk, which is shorter, accepts the others' length. */
function isAsSent(name: string, value: string, chunk: OutgoingChunk): boolean {
  switch (name) {
    case 'host':
      return hostOf(value, chunk.host) === chunk.host;
    case 'content-length':
      return [chunk.sizeBytes, chunk.chunkSizeBytes].some((size) => value === String(size));
    case 'connection':
      return value === 'keep-alive' || value === '';
    default:
      return value === '';
  }
}

/** Drops the scheme's own port, as the URL's host has none then. */
function hostOf(value: string, host: string): string {
  return value === `${host}:443` || value === `${host}:80` ? host : value;
}

function isComputed(name: string): boolean {
  return computedHeaders.has(name.toLowerCase());
}

function isSendable(name: string, value: string): boolean {
  const isToken = /^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/i.test(name);
  const isOurs = credentialHeaders.has(name.toLowerCase());
  return isToken && !isOurs && /^[\x20-\x7e]{0,1024}$/.test(value);
}
