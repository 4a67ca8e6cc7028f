import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { asTransferError, type TransferError } from '#src/core/errors/transfer-error.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import type { Log } from '#src/core/ports/log.ts';
import type { CallOptions, UploadSession } from '#src/core/transfer/destination.ts';
import { type RequestTarget, splitUrl } from '#src/http/request-target.ts';
import type { ApiClient, Operation } from '#src/service-api/api-client.ts';
import { serviceError } from '#src/service-api/replies.ts';
import type { PresignedUrl, UrlSpan } from './presigned-urls.ts';
import { presignedUrlsReply, readReply } from './wire.ts';

export interface UrlPorts {
  readonly client: ApiClient;
  readonly log: Log;
  readonly allowInsecureUploads: boolean;
  readonly conflicts: SpanConflicts;
}

/** Counts a session's consecutive conflicts (409) for spans, in this process. */
export interface SpanConflicts {
  /** Counts a conflict. Returns true once the count reaches the tries of one call. */
  add(uploadId: string): boolean;
  reset(uploadId: string): void;
}

export function createSpanConflicts(): SpanConflicts {
  const counts = new Map<string, number>();
  return {
    add: (uploadId) => {
      const count = (counts.get(uploadId) ?? 0) + 1;
      counts.set(uploadId, count);
      return count >= boundOf('triesPerCall');
    },
    reset: (uploadId) => void counts.delete(uploadId),
  };
}

const operation: Operation = { name: 'asking for presigned URLs', onSession: true };

/** Consecutive single chunks without a URL that prove that the service rejects every chunk. */
const maxRejectedSingly = 3;

/** Statuses that reject a span for one of its chunks: bad request, out of range, unprocessable. */
const spanRejections: readonly number[] = [400, 416, 422];

/**
 * Fetches the URLs of a span. A service may reject a span for one of its chunks: the chunks of a rejected
 * span are fetched one by one, and a chunk that is rejected alone gets no URL. A conflict (409) may also
 * be a temporary lock, so it counts as a rejection only after the tries of a call.
 * @throws RequestRejectedError - the service rejects the request for another reason, or every chunk
 */
export async function fetchUrlsSingly(
  ports: UrlPorts,
  session: UploadSession,
  span: UrlSpan,
  options: CallOptions,
): Promise<PresignedUrl[]> {
  try {
    const urls = await fetchUrls(ports, session, span, options);
    if (span.count > 1) ports.conflicts.reset(session.uploadId);
    return urls;
  } catch (error) {
    if (!isRejectedSpan(error, () => ports.conflicts.add(session.uploadId))) throw error;
    const { start, count } = span;
    ports.log.warn('presigned URLs rejected', { start, count, reason: error.message });
    return count === 1 ? [] : fetchEach(ports, session, span, options, error);
  }
}

function isRejectedSpan(error: unknown, isLasting: () => boolean): error is TransferError {
  if (errorMeans(error, 'requestRejected')) {
    return spanRejections.includes(error.status ?? 0);
  }
  return errorMeans(error, 'serviceUnavailable') && error.status === 409 && isLasting();
}

async function fetchEach(
  ports: UrlPorts,
  session: UploadSession,
  { start, count }: UrlSpan,
  options: CallOptions,
  rejection: TransferError,
): Promise<PresignedUrl[]> {
  const urls: PresignedUrl[] = [];
  let rejected = 0;
  for (let index = start; index < start + count; index++) {
    const found = await fetchUrlsSingly(ports, session, { start: index, count: 1 }, options);
    urls.push(...found);
    rejected = found.length > 0 ? 0 : rejected + 1;
    if (rejected >= maxRejectedSingly && urls.length === 0) throw rejection;
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
    `Invalid presigned URL from TwelveLabs, host "${host}": must be https.`,
  );
}

/** Splits the URL; an error names the service, as the user's input did not cause it. */
function targetOf(url: string): RequestTarget {
  try {
    return splitUrl(url);
  } catch (error) {
    const message = `Invalid presigned URL from TwelveLabs. ${asTransferError(error).message}`;
    throw serviceError('ProtocolViolationError', message, { cause: error });
  }
}
