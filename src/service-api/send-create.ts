import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { isTransferError, type TransferError } from '#src/core/errors/transfer-error.ts';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { wasNeverSent } from '#src/http/network-failure.ts';
import { isTransientStatus } from '#src/http/status-codes.ts';
import type { ApiCall, ApiClient } from './api-client.ts';
import { describeServiceError, readServiceError } from './error-body.ts';
import { isJsonObject } from './read-reply.ts';
import { isSuccess, serviceError } from './replies.ts';
import { retryAfterSeconds } from './retry-after.ts';

/**
 * Sends a call that opens a session, and returns its reply of 200–299.
 * @param isOwn - whether such a reply is the service's own, and no other server's. Default: it is a JSON object.
 * @throws CreateReplyLostError - the service may have opened a session with an unknown id: no reply, a 408
 *   or 5xx that is not in `rejections`, or a 2xx from another server
 * @throws the error of the service's rejection: it did nothing
 */
export async function sendCreate(
  client: ApiClient,
  call: ApiCall,
  nowMs: () => number,
  isOwn: (reply: HttpReply) => boolean = isJsonObject,
): Promise<HttpReply> {
  call.signal.throwIfAborted();
  const translate = (error: unknown) => lostUnlessUnsent(error, call);
  const reply = await client.exchange({ ...call, translate });
  if (mayHaveTakenEffect(reply, isOwn)) throw replyLostError(reply, call, nowMs());
  if (!isSuccess(reply)) throw client.rejectionError(reply, call.operation);
  return reply;
}

/** Returns CreateReplyLostError, unless the request was certainly not sent and had no effect. */
function lostUnlessUnsent(error: unknown, { operation, signal }: ApiCall): unknown {
  const isUnsent = wasNeverSent(error) || errorMeans(error, 'neverSent');
  const isNetworkFailure = signal.aborted || isTransferError(error);
  if (isUnsent || !isNetworkFailure) return error;
  const reason = isTransferError(error) ? error.message : 'the call was aborted';
  return serviceError('CreateReplyLostError', `${operation.name}: no reply (${reason})`, {
    cause: error,
  });
}

/**
 * Transient statuses with which a server, or a proxy in front of it, reports that it did not act on the
 * request. After any other transient status, the request may have had an effect.
 */
const rejections: readonly number[] = [409, 423, 425, 429, 503];

function mayHaveTakenEffect(reply: HttpReply, isOwn: (reply: HttpReply) => boolean): boolean {
  if (isSuccess(reply)) return !isOwn(reply);
  return isTransientStatus(reply.status) && !rejections.includes(reply.status);
}

function replyLostError(reply: HttpReply, { operation }: ApiCall, nowMs: number): TransferError {
  const summary = describeServiceError(reply.status, readServiceError(reply.text));
  return serviceError('CreateReplyLostError', `${operation.name}: no usable reply (${summary})`, {
    status: reply.status,
    retryAfterSeconds: retryAfterSeconds(reply.headers, nowMs),
  });
}
