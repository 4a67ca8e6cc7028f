import { asTransferError, isTransferError, type TransferError } from '#src/core/errors/errors.ts';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import type { Log } from '#src/core/ports/log.ts';
import type { CallOptions, UploadSession } from '#src/core/transfer/destination.ts';
import { type RequestTarget, splitUrl } from '#src/http/request-target.ts';
import type { ApiClient } from './api-client.ts';
import { type Operation, serviceError } from './errors.ts';
import type { PresignedUrl, UrlSpan } from './presigned-urls.ts';
import { presignedUrlsReply, readReply } from './wire.ts';

export interface UrlPorts {
  readonly client: ApiClient;
  readonly log: Log;
  readonly allowInsecureUploads: boolean;
  readonly conflicts: SpanConflicts;
}

/** Counts how often in a row the spans of a session were refused by a conflict, in this process. */
export interface SpanConflicts {
  /** Counts one more. True once a call has used up its tries on them, and from then on. */
  add(uploadId: string): boolean;
  end(uploadId: string): void;
}

export function createSpanConflicts(): SpanConflicts {
  const counts = new Map<string, number>();
  return {
    add: (uploadId) => {
      const count = (counts.get(uploadId) ?? 0) + 1;
      counts.set(uploadId, count);
      return count >= boundOf('triesPerCall');
    },
    end: (uploadId) => void counts.delete(uploadId),
  };
}

const operation: Operation = { name: 'asking for presigned URLs', onSession: true };

/** Refusals of single chunks, with no URL between them, after which the service refuses them all. */
const maxRefusedSingly = 3;

/** Statuses by which services refuse a span for one of its chunks: bad, out of range, not to be processed. */
const spanRefusals: readonly number[] = [400, 416, 422];

/**
 * Fetches the URLs of a span. A service may refuse a span for one of its chunks, so a span of several
 * that is refused is asked for singly, and a chunk that is refused alone is left without a URL. A
 * conflict (409) may also be a lock that passes: it counts as such a refusal after the tries of a call.
 * @throws RequestRejectedError - it refuses the request for another reason than a chunk, or every chunk
 */
export async function fetchUrlsSingly(
  ports: UrlPorts,
  session: UploadSession,
  span: UrlSpan,
  options: CallOptions,
): Promise<PresignedUrl[]> {
  try {
    const urls = await fetchUrls(ports, session, span, options);
    if (span.count > 1) ports.conflicts.end(session.uploadId);
    return urls;
  } catch (error) {
    if (!isRefusedSpan(error, () => ports.conflicts.add(session.uploadId))) throw error;
    const { start, count } = span;
    ports.log.warn('presigned URLs refused', { start, count, reason: error.message });
    return count === 1 ? [] : fetchEach(ports, session, span, options, error);
  }
}

function isRefusedSpan(error: unknown, isLasting: () => boolean): error is TransferError {
  if (isTransferError(error, 'RequestRejectedError')) {
    return spanRefusals.includes(error.status ?? 0);
  }
  return isTransferError(error, 'ServiceUnavailableError') && error.status === 409 && isLasting();
}

async function fetchEach(
  ports: UrlPorts,
  session: UploadSession,
  { start, count }: UrlSpan,
  options: CallOptions,
  refusal: TransferError,
): Promise<PresignedUrl[]> {
  const urls: PresignedUrl[] = [];
  let refused = 0;
  for (let index = start; index < start + count; index++) {
    const found = await fetchUrlsSingly(ports, session, { start: index, count: 1 }, options);
    urls.push(...found);
    refused = found.length > 0 ? 0 : refused + 1;
    if (refused >= maxRefusedSingly && urls.length === 0) throw refusal;
  }
  return urls;
}

/** Fetches the URLs of a span in one call. */
export async function fetchUrls(
  ports: UrlPorts,
  session: UploadSession,
  span: UrlSpan,
  { signal }: CallOptions,
): Promise<PresignedUrl[]> {
  const path = `/assets/multipart-uploads/${encodeURIComponent(session.uploadId)}/presigned-urls`;
  const reply = await ports.client.ask({ operation, method: 'POST', path, body: span, signal });
  const { upload_urls } = readReply(presignedUrlsReply, reply, operation.name);
  return upload_urls.map(({ chunk_index, url, expires_at }) => ({
    chunkIndex: chunk_index,
    url: checkScheme(url, ports.allowInsecureUploads),
    expiresAt: expires_at,
  }));
}

function checkScheme(url: string, allowInsecureUploads: boolean): string {
  const { origin, host } = targetOf(url);
  if (allowInsecureUploads || origin.startsWith('https:')) return url;
  throw serviceError(
    'ProtocolViolationError',
    `TwelveLabs gave a presigned URL at ${host} that is not https`,
  );
}

/** Names the service as the source of a bad URL: no input of the user is wrong. */
function targetOf(url: string): RequestTarget {
  try {
    return splitUrl(url);
  } catch (error) {
    const message = `TwelveLabs gave a presigned URL that is invalid: ${asTransferError(error).message}`;
    throw serviceError('ProtocolViolationError', message, { cause: error });
  }
}
