import type { Clock } from '#src/core/ports/clock.ts';
import type { Transport } from '#src/core/ports/transport.ts';
import type { Chunk } from '#src/core/transfer/chunk-plan.ts';
import type {
  CallOptions,
  ChunkBody,
  ChunkDelivery,
  UploadSession,
} from '#src/core/transfer/destination.ts';
import { putChunk } from '#src/service-api/chunk-put.ts';
import { serviceError } from '#src/service-api/replies.ts';
import { fetchUrls, fetchUrlsSingly, type UrlPorts } from './fetch-urls.ts';
import { spansOf, type UrlStock } from './presigned-urls.ts';

export interface SendChunkPorts extends UrlPorts {
  readonly transport: Transport;
  readonly stock: UrlStock;
  readonly clock: Clock;
  /** The longest time for the reply to a PUT after its last byte, in ms. */
  readonly uploadReplyMs: number;
}

/**
 * Fetches URLs for the chunks without a usable one, in as few calls as possible. If the service rejects a
 * chunk, that chunk's own send reports the error.
 */
export async function prepareChunks(
  ports: SendChunkPorts,
  session: UploadSession,
  indexes: readonly number[],
  options: CallOptions,
): Promise<void> {
  const lacking = ports.stock.lacking(session.uploadId, indexes);
  for (const span of spansOf(lacking)) {
    for (const url of await fetchUrlsSingly(ports, session, span, options)) {
      if (lacking.includes(url.chunkIndex)) ports.stock.put(session.uploadId, url);
    }
  }
  const missing = ports.stock.lacking(session.uploadId, indexes).length;
  if (missing > 0) ports.log.warn('presigned URLs missing for some chunks', { chunks: missing });
}

/** Sends one chunk once, with a URL that this process has not used before. */
export async function sendChunk(
  ports: SendChunkPorts,
  session: UploadSession,
  chunk: Chunk,
  body: ChunkBody,
  { signal }: CallOptions,
): Promise<ChunkDelivery> {
  const stored = ports.stock.take(session.uploadId, chunk.index);
  const url = stored ?? (await fetchUrl(ports, session, chunk.index, { signal }));
  signal.throwIfAborted();
  if (!ports.stock.markUsed(url)) {
    throw serviceError(
      'PresignedUrlRejectedError',
      `Invalid presigned URL from TwelveLabs for chunk ${chunk.index}: it was used before.`,
    );
  }
  const put = {
    chunkIndex: chunk.index,
    url,
    headers: session.details,
    sizeBytes: body.sizeBytes,
    chunkSizeBytes: session.chunkSizeBytes,
    replyTimeoutMs: ports.uploadReplyMs,
    body: body.open(),
    signal,
  };
  return putChunk(ports.transport, put, () => ports.clock.now());
}

/** Fetches one URL and ignores its expiry, as the service's clock may differ. */
async function fetchUrl(
  ports: SendChunkPorts,
  session: UploadSession,
  chunkIndex: number,
  options: CallOptions,
): Promise<string> {
  const urls = await fetchUrls(ports, session, { start: chunkIndex, count: 1 }, options);
  const found = urls.find((url) => url.chunkIndex === chunkIndex);
  if (found) return found.url;
  // An empty list may be temporary; URLs of other chunks violate the protocol.
  throw serviceError(
    urls.length === 0 ? 'ServiceUnavailableError' : 'ProtocolViolationError',
    `TwelveLabs returned no presigned URL for chunk ${chunkIndex}.`,
  );
}
