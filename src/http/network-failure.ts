import { isTransferError, TransferError } from '#src/core/errors/errors.ts';
import { showable } from './redact.ts';

const timeoutCodes: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);

/** Codes of a connection that broke; undici's own is for one that the server closed in good order. */
const resetCodes: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'UND_ERR_SOCKET',
]);

/** A problem in plain words, and what to do about it. */
interface Words {
  readonly problem: string;
  readonly advice?: string;
}

const unresolved: Words = {
  problem: 'the host name does not resolve',
  advice: 'If a proxy leads out of this network, set HTTPS_PROXY.',
};

/** For a host that the environment's proxy is not asked about. */
const unresolvedBesideProxy: Words = {
  problem: unresolved.problem,
  advice:
    'NO_PROXY lists it, so the proxy is not asked. If the proxy knows it, take it off NO_PROXY.',
};

const unreachable: Words = { problem: "the host can't be reached from this network" };

const untrusted: Words = {
  problem: "the server's certificate is not trusted",
  advice: "If a proxy of this network inspects TLS, set NODE_EXTRA_CA_CERTS to its CA's file.",
};

/** Failures of looking a host up, connecting or agreeing on TLS: no byte of a request has left. */
const connectFailures: Readonly<Record<string, Words>> = {
  ENOTFOUND: unresolved,
  EAI_AGAIN: unresolved,
  ECONNREFUSED: { problem: 'the connection was refused' },
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  UND_ERR_CONNECT_TIMEOUT: { problem: 'no connection in time' },
  CERT_HAS_EXPIRED: { problem: "the server's certificate has expired" },
  CERT_NOT_YET_VALID: { problem: "the server's certificate is not valid yet" },
  ERR_TLS_CERT_ALTNAME_INVALID: { problem: "the server's certificate is for another host" },
  CERT_UNTRUSTED: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
};

/** A proxy that can't be reached or that opens no tunnel. No byte of the request has left. */
export class ProxyError extends Error {
  /**
   * It has no `code`, by which undici would judge it.
   * @param problem - goes after the proxy's name: `the proxy <host> <problem> (<reason>)`
   */
  constructor(proxy: URL, problem: string, reason: string) {
    super(`the proxy ${proxy.host} ${problem} (${reason})`);
  }
}

/** The error for one of connecting to a proxy. */
export function proxyUnreachable(proxy: URL, error: unknown): ProxyError {
  return new ProxyError(proxy, "can't be reached", codeOf(error) ?? 'no code');
}

/** The error for a proxy's 407. It is final: only other credentials can change the reply. */
export function credentialsMissing(who: string): TransferError {
  return new TransferError(
    'ConfigurationError',
    `${who} asks for credentials (407). Put them into HTTPS_PROXY or HTTP_PROXY: http://<user>:<password>@<host>:<port>.`,
  );
}

/** Errors of connections that were never made, whatever their code. */
const beforeConnection = new WeakSet<object>();

/** Marks an error as one of a connection that was never made. */
export function markNeverSent(error: Error): void {
  beforeConnection.add(error);
}

/** Errors of connections that pass the environment's proxy by, as `NO_PROXY` says. */
const besideProxy = new WeakSet<object>();

/** Marks an error as one of a connection that is made directly although there is a proxy. */
export function markBesideProxy(error: Error): void {
  besideProxy.add(error);
}

/** Whether a connection broke that had been made. */
export function isReset(error: unknown): boolean {
  const isUnconnected = error instanceof Error && beforeConnection.has(error);
  return !isUnconnected && resetCodes.has(codeOf(error) ?? '');
}

/** Whether a connection, or what was awaited on it, took too long. */
export function isTimeout(error: unknown): boolean {
  return timeoutCodes.has(codeOf(error) ?? '');
}

/** What to do about a failure to connect, by its code, if there is anything to say. */
export function connectAdvice(error: unknown): string | undefined {
  return wordsFor(error)?.advice;
}

function wordsFor(error: unknown): Words | undefined {
  const words = wordsOf(codeOf(error));
  const isBesideProxy = error instanceof Error && besideProxy.has(error);
  return words === unresolved && isBesideProxy ? unresolvedBesideProxy : words;
}

function wordsOf(code: string | undefined): Words | undefined {
  const isKnown = code !== undefined && Object.hasOwn(connectFailures, code);
  return isKnown ? connectFailures[code] : undefined;
}

/**
 * Translates an error of undici or of a socket. The message holds `exchange` (method and host), plain
 * words for what happened, and the error's code, never its text.
 */
export function networkFailure(error: unknown, exchange: string): TransferError {
  const code = codeOf(error);
  if (code === 'UND_ERR_INVALID_ARG') {
    // undici's own error for a proxy that answers an http request with 407.
    if (/\(407\)$/.test((error as Error).message))
      return credentialsMissing(`${exchange}: the proxy`);
    return new TransferError('UnexpectedError', `${exchange}: the request can't be sent (${code})`);
  }
  const timedOut = code !== undefined && timeoutCodes.has(code);
  return new TransferError(
    timedOut ? 'RequestTimeoutError' : 'NetworkError',
    `${exchange}: ${explain(error, code, timedOut)}`,
    { cause: bareCause(error, code) },
  );
}

function explain(error: unknown, code: string | undefined, timedOut: boolean): string {
  if (error instanceof ProxyError) return error.message;
  const known = wordsFor(error);
  if (known) return sentence(known, code);
  if (error instanceof Error && error.name === 'HTTPParserError') {
    return sentence({ problem: 'the reply is not valid HTTP/1.1' }, error.name);
  }
  const isUnconnected = typeof error === 'object' && error !== null && beforeConnection.has(error);
  if (isUnconnected) return sentence({ problem: 'no connection' }, code);
  return sentence({ problem: timedOut ? 'no reply in time' : 'no usable reply' }, code);
}

function sentence({ problem, advice }: Words, code: string | undefined): string {
  return `${problem} (${code ?? 'no code'})${advice ? `. ${advice}` : ''}`;
}

/** Whether a failed request is certain not to have reached its server. */
export function wasNeverSent(error: unknown): boolean {
  if (!isTransferError(error, 'NetworkError', 'RequestTimeoutError')) return false;
  const { cause } = error;
  if (typeof cause !== 'object' || cause === null) return false;
  if (beforeConnection.has(cause)) return true;
  const words = wordsOf(codeOf(cause));
  // A kept connection may end with these codes too.
  return words !== undefined && words !== unreachable;
}

/** Without the error's other fields: a parser's holds pieces of the reply, which may repeat anything. */
function bareCause(error: unknown, code: string | undefined): Error {
  const text = error instanceof Error ? showable(error.message) : 'not an error';
  const cause = Object.assign(new Error(text), { code });
  if (error instanceof Error && beforeConnection.has(error)) markNeverSent(cause);
  return cause;
}

/** The code that Node.js or undici gives an error. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
