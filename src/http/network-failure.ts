import { redact } from '#src/core/errors/redact.ts';
import { isTransferError, TransferError } from '#src/core/errors/transfer-error.ts';

const timeoutCodes: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);

/** Codes of a broken connection. undici's own code means that the server closed it in order. */
const resetCodes: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'UND_ERR_SOCKET',
]);

/** A problem, and what to do about it. */
interface Explanation {
  readonly problem: string;
  readonly advice?: string;
}

const unresolved: Explanation = {
  problem: 'the host name does not resolve',
  advice: 'If this network needs a proxy, set HTTPS_PROXY.',
};

/** For a host that NO_PROXY excludes from the proxy. */
const unresolvedDirect: Explanation = {
  problem: unresolved.problem,
  advice:
    'NO_PROXY lists it, so the proxy is not used. If the proxy can resolve it, remove it from NO_PROXY.',
};

const unreachable: Explanation = { problem: 'the host is not reachable from this network' };

const untrusted: Explanation = {
  problem: "the server's certificate is not trusted",
  advice: "If a proxy inspects this network's TLS, set NODE_EXTRA_CA_CERTS to the file of its CA.",
};

/** Failures of the name lookup, the connection or TLS, before any byte of a request was sent. */
const connectFailures: Readonly<Record<string, Explanation>> = {
  ENOTFOUND: unresolved,
  EAI_AGAIN: unresolved,
  ECONNREFUSED: { problem: 'the connection was refused' },
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  UND_ERR_CONNECT_TIMEOUT: { problem: 'the connection timed out' },
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

/** An unreachable proxy, or a proxy that opens no tunnel. No byte of the request was sent. */
export class ProxyError extends Error {
  /**
   * Has no `code`, because undici would react to it.
   * @param problem - follows the proxy's name: `the proxy <host> <problem> (<reason>)`
   */
  constructor(proxy: URL, problem: string, reason: string) {
    super(`the proxy ${proxy.host} ${problem} (${reason})`);
  }
}

/** Returns the error for a failed connection to a proxy. */
export function proxyUnreachable(proxy: URL, error: unknown): ProxyError {
  return new ProxyError(proxy, 'is not reachable', codeOf(error) ?? 'no code');
}

/** Returns the error for a proxy's 407. It is final: only other credentials change the reply. */
export function credentialsMissingError(proxy: string): TransferError {
  return new TransferError(
    'ConfigurationError',
    `${proxy} requires credentials (407). Set them in HTTPS_PROXY or HTTP_PROXY: http://<user>:<password>@<host>:<port>.`,
  );
}

/** Errors of connections that were never established, with any code. */
const beforeConnection = new WeakSet<object>();

/** Marks an error as an error of a connection that was never established. */
export function markNeverSent(error: Error): void {
  beforeConnection.add(error);
}

/** Takes the mark away from the error of a repeated request: the first one may have reached the server. */
export function unmarkNeverSent(error: unknown): void {
  if (error instanceof Error) beforeConnection.delete(error);
}

/**
 * Returns true if an error of `dispatch` is that of a connection that was never established: name lookup, connection,
 * TLS, or a proxy that opened no tunnel.
 */
export function isUnconnected(error: unknown): boolean {
  return error instanceof Error && beforeConnection.has(error);
}

/** Errors of direct connections that `NO_PROXY` excludes from the proxy. */
const withoutProxy = new WeakSet<object>();

/** Marks an error as an error of a direct connection, although the environment names a proxy. */
export function markWithoutProxy(error: Error): void {
  withoutProxy.add(error);
}

/** Returns true if an established connection broke. */
export function isReset(error: unknown): boolean {
  return !isUnconnected(error) && resetCodes.has(codeOf(error) ?? '');
}

/** Returns true if the connection or the reply timed out. */
export function isTimeout(error: unknown): boolean {
  return timeoutCodes.has(codeOf(error) ?? '');
}

/** Returns what to do about a failed connection, by its code, if anything is known. */
export function connectAdvice(error: unknown): string | undefined {
  return explanationFor(error)?.advice;
}

function explanationFor(error: unknown): Explanation | undefined {
  const explanation = explanationOf(codeOf(error));
  const isDirect = error instanceof Error && withoutProxy.has(error);
  return explanation === unresolved && isDirect ? unresolvedDirect : explanation;
}

function explanationOf(code: string | undefined): Explanation | undefined {
  const isKnown = code !== undefined && Object.hasOwn(connectFailures, code);
  return isKnown ? connectFailures[code] : undefined;
}

/**
 * Translates an error of undici or of a socket. The message holds `exchange` (method and host), the
 * problem in plain words and the error's code, never its text.
 */
export function networkError(error: unknown, exchange: string): TransferError {
  const code = codeOf(error);
  if (code === 'UND_ERR_INVALID_ARG') {
    // undici's own error for a proxy's 407 to an http request.
    if (/\(407\)$/.test((error as Error).message))
      return credentialsMissingError(`${exchange}: the proxy`);
    return new TransferError('UnexpectedError', `${exchange}: the request is invalid (${code})`);
  }
  const timedOut = code !== undefined && timeoutCodes.has(code);
  return new TransferError(
    timedOut ? 'RequestTimeoutError' : 'NetworkError',
    `${exchange}: ${explain(error, code, timedOut)}`,
    { cause: bareCopy(error, code) },
  );
}

function explain(error: unknown, code: string | undefined, timedOut: boolean): string {
  if (error instanceof ProxyError) return error.message;
  const known = explanationFor(error);
  if (known) return sentence(known, code);
  if (error instanceof Error && error.name === 'HTTPParserError') {
    return sentence({ problem: 'the reply is not valid HTTP/1.1' }, error.name);
  }
  if (isUnconnected(error)) return sentence({ problem: 'no connection' }, code);
  return sentence({ problem: timedOut ? 'no reply in time' : 'no usable reply' }, code);
}

function sentence({ problem, advice }: Explanation, code: string | undefined): string {
  return `${problem} (${code ?? 'no code'})${advice ? `. ${advice}` : ''}`;
}

/** Returns true if a failed request certainly did not reach its server. */
export function wasNeverSent(error: unknown): boolean {
  if (!isTransferError(error, 'NetworkError', 'RequestTimeoutError')) return false;
  const { cause } = error;
  if (isUnconnected(cause)) return true;
  const explanation = explanationOf(codeOf(cause));
  // A kept connection may end with the codes of `unreachable` too.
  return explanation !== undefined && explanation !== unreachable;
}

/** Copies an error without its other fields: a parser's error holds parts of the reply, which may hold secrets. */
function bareCopy(error: unknown, code: string | undefined): Error {
  const text = error instanceof Error ? redact(error.message) : 'not an error';
  const cause = Object.assign(new Error(text), { code });
  if (isUnconnected(error)) markNeverSent(cause);
  return cause;
}

/** Returns the code that Node.js or undici set on an error. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
