import type { ErrorName } from '#src/core/errors/error-lookup.ts';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { isTransientStatus } from '#src/http/status-codes.ts';
import type { Operation, Service } from '#src/service-api/api-client.ts';
import { readServiceError, type ServiceError } from '#src/service-api/error-body.ts';
import { isFromGateway, missingStatuses } from '#src/service-api/replies.ts';
import { askReplyMs } from './limits.ts';

/** Codes of a 403 that rejects the account and not the request (error-codes page). */
const accountCodes: ReadonlySet<string> = new Set(['api_not_allowed', 'api_allowed_for_paid_plan']);

/** The code for an unknown id (error-codes page). */
const unknownIdCode = 'resource_not_exist';

/** The code for a wrong or expired key (error-codes page). */
const badKeyCode = 'api_key_invalid';

/** Returns true if a reply rejects the API key. */
function rejectsKey(reply: HttpReply): boolean {
  if (reply.status === 401) return true;
  const isClientError = reply.status >= 400 && reply.status < 500;
  return isClientError && readServiceError(reply.text).code === badKeyCode;
}

/** Returns true if a reply reports that the service does not know the id in the path. */
export function isUnknownId(reply: HttpReply): boolean {
  if (missingStatuses.includes(reply.status)) return !isFromGateway(reply);
  return reply.status === 400 && readServiceError(reply.text).code === unknownIdCode;
}

function nameOf(reply: HttpReply, error: ServiceError, { onSession }: Operation): ErrorName {
  const { status } = reply;
  if (rejectsKey(reply)) return 'CredentialsRejectedError';
  // Its X-RateLimit-Reset is UTC epoch seconds (API reference v1.2; OpenAPI, 2026-02-17), which `retryAfterSeconds` reads.
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

/** TwelveLabs, as the shared client calls it. */
export const service: Service = {
  name: 'TwelveLabs',
  exampleUrl: 'https://api.twelvelabs.io/v1.3',
  keyHeader: 'x-api-key',
  keyForm: /\btlk_\w+/gi,
  askReplyMs,
  rejectsKey,
  errorName: nameOf,
};
