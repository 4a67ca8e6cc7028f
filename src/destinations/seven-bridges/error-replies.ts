import type { ErrorName } from '#src/core/errors/error-lookup.ts';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { isTransientStatus } from '#src/http/status-codes.ts';
import type { Operation, Service } from '#src/service-api/api-client.ts';
import { readServiceError, type ServiceError } from '#src/service-api/error-body.ts';
import { isFromGateway, missingStatuses } from '#src/service-api/replies.ts';
import { askReplyMs, callsPerWindow, callWindowMs, maintenanceSeconds } from './limits.ts';

/**
 * Codes of a body that decide alone, with any status of 400 or more (documents, `api-status-codes`; copies
 * in both R clients, 2024). 8004 and 8005 are absent: the R clients give them opposite meanings.
 */
const namesByCode: Readonly<Record<string, ErrorName>> = {
  1000: 'ThrottledError',
  // A service behind the API is unavailable.
  2000: 'ServiceUnavailableError',
  3000: 'ServiceUnavailableError',
  4000: 'ServiceUnavailableError',
  5000: 'ServiceUnavailableError',
  8000: 'ServiceUnavailableError',
  8001: 'ProjectDeniedError',
  8002: 'ProjectDeniedError',
  8006: 'NameTakenError',
  8007: 'RequestRejectedError',
  8008: 'ServiceUnavailableError',
  8009: 'RequestRejectedError',
  8010: 'ProjectNotFoundError',
  8012: 'RequestRejectedError',
  8013: 'RequestRejectedError',
  8014: 'RequestRejectedError',
  8015: 'RequestRejectedError',
  // "Consistency has been violated, please retry."
  13004: 'ServiceUnavailableError',
  90001: 'CredentialsRejectedError',
  90002: 'ProjectDeniedError',
  90004: 'ServiceUnavailableError',
  90005: 'ServiceUnavailableError',
};

/** The upload does not exist, or its id is invalid. */
const unknownUploadCodes: readonly string[] = ['8003', '8011'];

/** The code of maintenance, with the status 503. */
const maintenanceCode = '0';

/** Returns true if a reply rejects the token. */
function rejectsKey({ status, text }: HttpReply): boolean {
  if (status === 401) return true;
  return status >= 400 && status < 500 && readServiceError(text).code === '90001';
}

/** Returns true if a reply reports that the service does not know the id in the path. */
export function isUnknownId(reply: HttpReply): boolean {
  if (missingStatuses.includes(reply.status)) return !isFromGateway(reply);
  const { code = '' } = readServiceError(reply.text);
  return reply.status === 400 && unknownUploadCodes.includes(code);
}

/** A code counts before the status; a 5xx without a final code is transient. */
function errorName(reply: HttpReply, { code = '' }: ServiceError, operation: Operation): ErrorName {
  const { status } = reply;
  if (rejectsKey(reply)) return 'CredentialsRejectedError';
  if (status === 429) return 'ThrottledError';
  if (isUnknownId(reply) || (status < 500 && unknownUploadCodes.includes(code)))
    return operation.onSession ? 'SessionExpiredError' : 'ProjectNotFoundError';
  if (status >= 500 || isFromGateway(reply))
    return isTransientStatus(status) || isFromGateway(reply)
      ? 'ServiceUnavailableError'
      : 'RequestRejectedError';
  const byCode = status >= 400 && Object.hasOwn(namesByCode, code) ? namesByCode[code] : undefined;
  return byCode ?? nameByStatus(status);
}

function nameByStatus(status: number): ErrorName {
  if (status === 403) return 'ProjectDeniedError';
  if (status === 409) return 'NameTakenError';
  return isTransientStatus(status) ? 'ServiceUnavailableError' : 'RequestRejectedError';
}

/** Seven Bridges, as the shared client calls it. */
export const service: Service = {
  name: 'Seven Bridges',
  exampleUrl: 'https://cavatica-api.sbgenomics.com/v2',
  keyHeader: 'x-sbg-auth-token',
  askReplyMs,
  budget: { group: 'api', calls: callsPerWindow, windowMs: callWindowMs },
  rejectsKey,
  errorName,
  waitSeconds: ({ status }, { code }) =>
    status === 503 && code === maintenanceCode ? maintenanceSeconds : undefined,
};
