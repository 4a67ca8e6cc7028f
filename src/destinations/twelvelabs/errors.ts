import { errorMeans } from '#src/core/errors/error-meanings.ts';
import {
  type ErrorName,
  type ErrorOrigin,
  TransferError,
  type TransferErrorOptions,
} from '#src/core/errors/errors.ts';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { isTransientStatus } from '#src/http/status-codes.ts';
import {
  describeServiceError,
  jsonObject,
  readServiceError,
  type ServiceError,
} from './error-body.ts';
import { retryAfterSeconds } from './retry-after.ts';

/** A call of the API. */
export interface Operation {
  /** For messages, such as "opening a session". */
  readonly name: string;
  /** Whether the path names an upload session: 404 then means an unknown session. */
  readonly onSession: boolean;
  /** The longest time for the reply after the request's last byte, in ms. Default: `askReplyMs`. */
  readonly replyMs?: number;
}

/** Codes of a 403 that rejects the account and not the request (error-codes page). */
const accountCodes: ReadonlySet<string> = new Set(['api_not_allowed', 'api_allowed_for_paid_plan']);

/** The code for an unknown id (error-codes page). */
const unknownIdCode = 'resource_not_exist';

/** The code for a wrong or expired key (error-codes page). */
const badKeyCode = 'api_key_invalid';

/** Returns true if a reply rejects the API key. */
export function rejectsKey(reply: HttpReply): boolean {
  if (reply.status === 401) return true;
  const isClientError = reply.status >= 400 && reply.status < 500;
  return isClientError && readServiceError(reply.text).code === badKeyCode;
}

/** Statuses for a missing resource. Gateways without a server behind them send them too. */
const missingStatuses: readonly number[] = [404, 410];

/** Returns true if a reply reports that the service does not know the id in the path. */
export function isUnknownId(reply: HttpReply): boolean {
  if (missingStatuses.includes(reply.status)) return !isFromGateway(reply);
  return reply.status === 400 && readServiceError(reply.text).code === unknownIdCode;
}

/**
 * Returns true if a 404 or 410 comes from another server, such as an ingress with "default backend -
 * 404". The service's own body is a JSON object or empty.
 */
export function isFromGateway({ status, text }: HttpReply): boolean {
  const isEmpty = text.replace('\ufeff', '').trim() === '';
  return missingStatuses.includes(status) && !isEmpty && jsonObject(text) === undefined;
}

export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

/** Returns the host of a redirect's target; the rest of the URL may be a secret. */
export function redirectHost(location: string | undefined, url: string): string | undefined {
  if (!location || !URL.canParse(location, url)) return undefined;
  return new URL(location, url).host || undefined;
}

/** Returns the words for a redirect: "redirected (307) to cdn.example, which is not followed". */
export function describeRedirect(status: number, host: string | undefined): string {
  return `redirected (${status})${host ? ` to ${host}` : ''}, which is not followed`;
}

/** Returns the error for a reply outside 200–299; `url` is the request's. */
export function rejectionOf(
  reply: HttpReply,
  operation: Operation,
  url: string,
  nowMs: number,
): TransferError {
  const error = readServiceError(reply.text);
  const message = isRedirect(reply.status)
    ? `${operation.name} was ${describeRedirect(reply.status, redirectHost(reply.headers.location, url))}`
    : `TwelveLabs answered ${operation.name} with ${describeServiceError(reply.status, error)}`;
  return serviceError(nameOf(reply, error, operation), message, {
    status: reply.status,
    retryAfterSeconds: retryAfterSeconds(reply.headers, nowMs),
  });
}

/** Returns an error with the origin `service`. */
export function serviceError(
  name: ErrorName,
  message: string,
  options: TransferErrorOptions = {},
): TransferError {
  return new TransferError(name, message, { ...options, origin: 'service' });
}

/**
 * Adds an origin to a transport's own error. Returns any other error unchanged, such as an error of a
 * body's source or the reason of `signal`.
 */
export function fromOrigin(error: unknown, origin: ErrorOrigin, signal: AbortSignal): unknown {
  const isOther = !errorMeans(error, 'networkFailed') || error.origin !== undefined;
  if (isOther || error === signal.reason) return error;
  const { name, message, cause, status, retryAfterSeconds, isCallPostponed, stack } = error;
  const copy = new TransferError(name, message, {
    cause,
    status,
    retryAfterSeconds,
    isCallPostponed,
    origin,
  });
  return Object.assign(copy, { stack });
}

function nameOf(reply: HttpReply, error: ServiceError, { onSession }: Operation): ErrorName {
  const { status } = reply;
  if (rejectsKey(reply)) return 'CredentialsRejectedError';
  if (status === 429) return 'ThrottledError';
  if (isTransientStatus(status) || isFromGateway(reply)) return 'ServiceUnavailableError';
  if (status === 403 && accountCodes.has(error.code ?? '')) return 'ApiNotAllowedError';
  if (onSession && (isUnknownId(reply) || isExpired(status, error))) {
    return 'SessionExpiredError';
  }
  return 'RequestRejectedError';
}

function isExpired(status: number, { code = '', message = '' }: ServiceError): boolean {
  return status === 400 && /expired/i.test(`${code} ${message}`);
}
