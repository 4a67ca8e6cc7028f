import {
  type ErrorName,
  type ErrorOrigin,
  isTransferError,
  TransferError,
  type TransferErrorOptions,
} from '#src/core/errors/errors.ts';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { retryAfterSeconds } from './retry-after.ts';
import { describe, jsonObject, readServiceError, type ServiceError } from './service-words.ts';

/** The call that a reply answers. */
export interface Operation {
  /** As part of a sentence: "opening a session". */
  readonly name: string;
  /** Whether the path names an upload session, so that 404 means that there is none. */
  readonly onSession: boolean;
  /** How long the reply may take after the request's last byte, in ms. Default: `askReplyMs`. */
  readonly replyMs?: number;
}

/** Codes of a 403 by which the account, not the request, is refused (error-codes page). */
const accountCodes: ReadonlySet<string> = new Set(['api_not_allowed', 'api_allowed_for_paid_plan']);

/** The code of an unknown id (error-codes page). */
const unknownIdCode = 'resource_not_exist';

/** The code of a key that is wrong or has expired (error-codes page). */
const badKeyCode = 'api_key_invalid';

/** Whether a reply says that the API key is refused. */
export function refusesKey(reply: HttpReply): boolean {
  if (reply.status === 401) return true;
  const isRefusal = reply.status >= 400 && reply.status < 500;
  return isRefusal && readServiceError(reply.text).code === badKeyCode;
}

/** Statuses for what is not there. Gateways send them too, while no server is behind them. */
const notThere: readonly number[] = [404, 410];

/** Whether a reply says that the service does not know the id in the path. */
export function saysUnknownId(reply: HttpReply): boolean {
  if (notThere.includes(reply.status)) return !isOfGateway(reply);
  return reply.status === 400 && readServiceError(reply.text).code === unknownIdCode;
}

/**
 * Whether the same request may pass later: conflicts, locks, time limits and every 5xx but the two
 * that speak of a method (501) or a version of HTTP (505) the server does not have.
 */
export function isTransientStatus(status: number): boolean {
  if ([408, 409, 423, 425, 429].includes(status)) return true;
  return status >= 500 && status !== 501 && status !== 505;
}

/**
 * Whether something else than the service has said that a path is not there, such as an ingress with
 * "default backend - 404". The service's own words are a JSON object; it may also say nothing.
 */
export function isOfGateway({ status, text }: HttpReply): boolean {
  const saysNothing = text.replace('\ufeff', '').trim() === '';
  return notThere.includes(status) && !saysNothing && jsonObject(text) === undefined;
}

export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

/** Returns where a redirect leads: the host alone, as the rest of its URL may be a secret. */
export function redirectHost(location: string | undefined, url: string): string | undefined {
  if (!location || !URL.canParse(location, url)) return undefined;
  return new URL(location, url).host || undefined;
}

/** Returns the sentence for a redirect: "redirected (307) to cdn.example, which is not followed". */
export function describeRedirect(status: number, host: string | undefined): string {
  return `redirected (${status})${host ? ` to ${host}` : ''}, which is not followed`;
}

/** Returns the error for a reply outside 200–299; `url` is where the request went. */
export function refusalOf(
  reply: HttpReply,
  operation: Operation,
  url: string,
  nowMs: number,
): TransferError {
  const error = readServiceError(reply.text);
  const words = isRedirect(reply.status)
    ? `${operation.name} was ${describeRedirect(reply.status, redirectHost(reply.headers.location, url))}`
    : `TwelveLabs answered ${operation.name} with ${describe(reply.status, error)}`;
  return serviceError(nameOf(reply, error, operation), words, {
    status: reply.status,
    retryAfterSeconds: retryAfterSeconds(reply.headers, nowMs),
  });
}

/** Returns an error that comes from the service's side. */
export function serviceError(
  name: ErrorName,
  message: string,
  options: TransferErrorOptions = {},
): TransferError {
  return new TransferError(name, message, { ...options, origin: 'service' });
}

/** Errors by which a transport says that a request failed. */
const networkErrors: readonly ErrorName[] = [
  'NetworkError',
  'RequestTimeoutError',
  'UploadHostRefusedError',
];

/**
 * Returns a transport's own error with the side that failed to answer. Anything else, such as an
 * error of a body's source or the reason of `signal`, comes back as it is.
 */
export function fromOrigin(error: unknown, origin: ErrorOrigin, signal: AbortSignal): unknown {
  const isOther = !isTransferError(error, ...networkErrors) || error.origin !== undefined;
  if (isOther || error === signal.reason) return error;
  const { name, message, cause, status, retryAfterSeconds, isPause, stack } = error;
  const copy = new TransferError(name, message, {
    cause,
    status,
    retryAfterSeconds,
    isPause,
    origin,
  });
  return Object.assign(copy, { stack });
}

function nameOf(reply: HttpReply, error: ServiceError, { onSession }: Operation): ErrorName {
  const { status } = reply;
  if (refusesKey(reply)) return 'CredentialsRejectedError';
  if (status === 429) return 'ThrottledError';
  if (isTransientStatus(status) || isOfGateway(reply)) return 'ServiceUnavailableError';
  if (status === 403 && accountCodes.has(error.code ?? '')) return 'ApiNotAllowedError';
  if (onSession && (saysUnknownId(reply) || saysExpired(status, error))) {
    return 'SessionExpiredError';
  }
  return 'RequestRejectedError';
}

function saysExpired(status: number, { code = '', message = '' }: ServiceError): boolean {
  return status === 400 && /expired/i.test(`${code} ${message}`);
}
