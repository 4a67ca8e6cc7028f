import type { ErrorName } from '#src/core/errors/error-lookup.ts';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { isTransientStatus } from '#src/http/status-codes.ts';
import type { Operation, Service } from '#src/service-api/api-client.ts';
import { describeServiceError, readServiceError } from '#src/service-api/error-body.ts';
import { isFromGateway, missingStatuses } from '#src/service-api/replies.ts';
import { askReplyMs } from './limits.ts';

/** Returns true for a reply of a tus server: each has this header (tus 1.0.0). Its 404 is plain text. */
function isOfTus({ headers }: HttpReply): boolean {
  return headers['tus-resumable'] !== undefined;
}

/** Returns true if a reply means that the server does not know the upload. */
export function isUnknownUpload(reply: HttpReply): boolean {
  return missingStatuses.includes(reply.status) && !isFromGateway(reply, isOfTus);
}

function errorName(reply: HttpReply, _: unknown, { onSession }: Operation): ErrorName {
  const { status } = reply;
  if (status === 401) return 'CredentialsRejectedError';
  if (status === 403) return 'ApiNotAllowedError';
  if (status === 429) return 'ThrottledError';
  if (isUnknownUpload(reply)) return onSession ? 'SessionExpiredError' : 'ConfigurationError';
  return isTransientStatus(status) || isFromGateway(reply, isOfTus)
    ? 'ServiceUnavailableError'
    : 'RequestRejectedError';
}

/** A tus server, as the shared client calls it. Every request names the protocol's version. */
export const service: Service = {
  name: 'tus',
  exampleUrl: 'https://tus.example.com/files',
  keyHeader: 'authorization',
  keyPrefix: 'Bearer ',
  headers: { 'tus-resumable': '1.0.0' },
  askReplyMs,
  rejectsKey: ({ status }) => status === 401,
  errorName,
};

/** Returns the words for a reply: "404: The file for this url was not found". */
export function describeReply({ status, text }: HttpReply): string {
  return describeServiceError(status, readServiceError(text));
}
