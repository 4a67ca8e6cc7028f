import type { ErrorName, ErrorOrigin } from '#src/core/errors/error-lookup.ts';
import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { TransferError, type TransferErrorOptions } from '#src/core/errors/transfer-error.ts';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { jsonObject } from './error-body.ts';

export function isSuccess(reply: HttpReply): boolean {
  return reply.status >= 200 && reply.status < 300;
}

/** Statuses for a missing resource. Gateways without a server behind them send them too. */
export const missingStatuses: readonly number[] = [404, 410];

/** Returns true for the reply of a JSON API: its body is an object or empty. */
function isOfJsonApi({ text }: HttpReply): boolean {
  const isEmpty = text.replace('\ufeff', '').trim() === '';
  return isEmpty || jsonObject(text) !== undefined;
}

/**
 * Returns true if a 404 or 410 comes from another server, such as an ingress with "default backend -
 * 404".
 * @param isOwn - whether the service itself may send a reply of this form. Default: that of a JSON API
 */
export function isFromGateway(
  reply: HttpReply,
  isOwn: (reply: HttpReply) => boolean = isOfJsonApi,
): boolean {
  return missingStatuses.includes(reply.status) && !isOwn(reply);
}

/** Returns true for a status that names another place. 304 (Not Modified) names none. */
export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400 && status !== 304;
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
