import type { ErrorName } from '#src/core/errors/error-lookup.ts';
import { redact } from '#src/core/errors/redact.ts';
import type { TransferError } from '#src/core/errors/transfer-error.ts';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { isTransientStatus } from '#src/http/status-codes.ts';
import type { Operation, Service } from '#src/service-api/api-client.ts';
import {
  describeServiceError,
  jsonObject,
  readReason,
  readServiceError,
  type ServiceError,
} from '#src/service-api/error-body.ts';
import { isFromGateway, missingStatuses, serviceError } from '#src/service-api/replies.ts';
import { askReplyMs } from './limits.ts';

/**
 * Reads an error of the service: `{detail}` of its upload library, or `{errors: [{field, messages}]}` and
 * `{errors: [{code, message}]}` of its own clients. Any other body is read as of every service.
 */
export function readError(text: string): ServiceError {
  const { detail, errors } = jsonObject(text) ?? {};
  if (detail !== undefined) return { message: readReason(detail) };
  if (!Array.isArray(errors)) return readServiceError(text);
  const [first] = errors.map((one) => Object(one) as Record<string, unknown>);
  const { code, message, field, messages } = first ?? {};
  const reason = readReason(message ?? messages);
  const shown = field === undefined ? reason : `${redact(String(field), 80)}: ${reason}`;
  return { code: typeof code === 'string' ? redact(code, 80) : undefined, message: shown };
}

/** A 403 about the token itself: Django REST framework sends it if it has no challenge for a 401. */
const tokenRejected = /credentials were not provided|token[^.]*\b(?:expired|invalid|not valid)\b/i;

/** Returns true if a reply rejects the token. Such a request has had no effect. */
function rejectsKey({ status, text }: HttpReply): boolean {
  if (status === 401) return true;
  return status === 403 && tokenRejected.test(readError(text).message ?? '');
}

/** Returns true if a reply means that the service does not know the upload. Its library's 404 is a page. */
export function isUnknownUpload({ status }: HttpReply): boolean {
  return missingStatuses.includes(status);
}

/** Returns true if a reply means that the upload is complete. */
export function isAlreadyComplete({ status, text }: HttpReply): boolean {
  const { message = '' } = readError(text);
  return status === 400 && /already\b.*\bcomplete/i.test(message);
}

/** A 404 without an upload's id in the request is a wrong base URL. */
function errorName(reply: HttpReply, _: ServiceError, operation: Operation): ErrorName {
  const { status } = reply;
  if (rejectsKey(reply)) return 'CredentialsRejectedError';
  if (status === 429) return 'ThrottledError';
  if (status === 403) return 'ApiNotAllowedError';
  if (operation.onSession && isUnknownUpload(reply)) return 'SessionExpiredError';
  if (status === 404 || status === 405) return 'ConfigurationError';
  if (isFromGateway(reply) || isTransientStatus(status)) return 'ServiceUnavailableError';
  return 'RequestRejectedError';
}

/** SelfCommunity, as the shared client calls it. */
export const service: Service = {
  name: 'SelfCommunity',
  exampleUrl: 'https://community.example.com/api/v2',
  keyHeader: 'authorization',
  keyPrefix: 'Bearer ',
  askReplyMs,
  rejectsKey,
  readError,
  errorName,
};

/** Returns the words for a reply: "400: Offsets do not match". */
export function describeReply({ status, text }: HttpReply): string {
  return describeServiceError(status, readError(text));
}

/** Returns the error for an upload that is complete, or may be, and whose media is unknown. */
export function completionUnknownError(reason: string, cause?: unknown): TransferError {
  const advice = 'A repeated completion may make a second media, so it was not repeated.';
  return serviceError(
    'CompletionUnknownError',
    `The result of complete is unknown: ${reason}. ${advice}`,
    {
      cause,
    },
  );
}
