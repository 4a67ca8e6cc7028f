import { userAgent } from '#src/core/product.ts';
import type { Service } from './api-client.ts';
import { serviceError } from './replies.ts';

type Headers = Readonly<Record<string, string>>;

/** The fields of a chunk that its computed headers depend on. */
export interface OutgoingChunk {
  readonly chunkIndex: number;
  readonly sizeBytes: number;
  /** Bytes of every chunk of the session but the last. */
  readonly chunkSizeBytes: number;
  /** The host of the presigned URL, with a port other than the scheme's default. */
  readonly host: string;
}

/** Usual headers for credentials. A session's row must not hold them either. */
const credentialHeaders: ReadonlySet<string> = new Set([
  'proxy-authorization',
  'authorization',
  'cookie',
  'x-api-key',
  'x-amz-security-token',
]);

/** Headers that the HTTP client computes itself; it sends only the first three. */
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
 * Returns the headers that the service requires with every chunk, for the session's row. Includes computed
 * headers: their values are checked when a chunk is sent.
 * @param service - no chunk holds the header for its key
 * @throws ProtocolViolationError - too many headers, or a header that no PUT may hold; the message names it
 */
export function checkUploadHeaders(
  headers: Headers,
  { name: service, keyHeader }: Pick<Service, 'name' | 'keyHeader'>,
): Headers {
  const entries = Object.entries(headers);
  const bad = entries.find(([name, value]) => !isSendable(name, value, keyHeader));
  if (!bad && entries.length <= maxUploadHeaders) return headers;
  const flaw = bad
    ? `${JSON.stringify(bad[0].slice(0, 80))} must not be sent with a chunk`
    : `"${entries.length}" headers must be at most ${maxUploadHeaders}`;
  throw serviceError('ProtocolViolationError', `Invalid upload_headers from ${service}: ${flaw}.`);
}

/**
 * Returns the headers of one PUT: the service's, without the ones that the HTTP client computes, and our
 * own.
 * @throws ProtocolViolationError - a computed header differs from the sent value
 */
export function headersOf(wanted: Headers, chunk: OutgoingChunk): Headers {
  const entries = Object.entries(wanted);
  for (const [name, value] of entries) checkComputed(name, value, chunk);
  const sent = entries.filter(([name]) => !isComputed(name));
  // A User-Agent from the service may be part of its signature, so it overrides ours.
  const isNamed = sent.some(([name]) => name.toLowerCase() === 'user-agent');
  return {
    ...Object.fromEntries(sent),
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

/** Returns true for the sent value. One header serves all chunks, so the shorter last chunk accepts their length. */
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

/** Drops the scheme's default port, which the URL's host does not hold. */
function hostOf(value: string, host: string): string {
  return value === `${host}:443` || value === `${host}:80` ? host : value;
}

function isComputed(name: string): boolean {
  return computedHeaders.has(name.toLowerCase());
}

function isSendable(name: string, value: string, keyHeader: string): boolean {
  const isToken = /^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/i.test(name);
  const isOurs = [keyHeader, ...credentialHeaders].includes(name.toLowerCase());
  return isToken && !isOurs && /^[\x20-\x7e]{0,1024}$/.test(value);
}
