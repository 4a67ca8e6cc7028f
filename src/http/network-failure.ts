import { isTransferError, TransferError } from '#src/core/errors.ts';
import { showable } from './redact.ts';

const timeoutCodes: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);

/** Failures of looking a host up, connecting or agreeing on TLS: no byte of a request has left. */
const connectCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/**
 * Translates an error of undici or of a socket. The message holds `exchange` (method and host) and
 * the error's code, never its text.
 */
export function networkFailure(error: unknown, exchange: string): TransferError {
  const code = codeOf(error);
  if (code === 'UND_ERR_INVALID_ARG') {
    return new TransferError('UnexpectedError', `${exchange}: the request can't be sent (${code})`);
  }
  const timedOut = code !== undefined && timeoutCodes.has(code);
  return new TransferError(
    timedOut ? 'RequestTimeoutError' : 'NetworkError',
    `${exchange}: ${timedOut ? 'no reply in time' : 'no usable reply'} (${code ?? 'no code'})`,
    { cause: bareCause(error, code) },
  );
}

/** Whether a failed request is certain not to have reached its server. */
export function wasNeverSent(error: unknown): boolean {
  if (!isTransferError(error, 'NetworkError', 'RequestTimeoutError')) return false;
  const code = codeOf(error.cause);
  return code !== undefined && connectCodes.has(code);
}

/** Without the error's other fields: a parser's holds pieces of the reply, which may repeat anything. */
function bareCause(error: unknown, code: string | undefined): Error {
  const text = error instanceof Error ? showable(error.message) : 'not an error';
  return Object.assign(new Error(text), { code });
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
