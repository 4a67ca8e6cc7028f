import type { Clock } from '#src/core/ports/clock.ts';
import type { Transport } from '#src/core/ports/transport.ts';
import type { Chunk } from '#src/core/transfer/chunk-plan.ts';
import type {
  CallOptions,
  ChunkBody,
  ChunkDelivery,
  UploadSession,
} from '#src/core/transfer/destination.ts';
import { putChunk } from './chunk-put.ts';
import { serviceError } from './errors.ts';
import { fetchUrls, fetchUrlsSingly, type UrlPorts } from './fetch-urls.ts';
import { spansOf, type UrlStock } from './presigned-urls.ts';

export interface SendChunkPorts extends UrlPorts {
  readonly transport: Transport;
  readonly stock: UrlStock;
  readonly clock: Clock;
  /** How long the reply to a PUT may take after its last byte, in ms. */
  readonly uploadReplyMs: number;
}

/**
 * Fetches URLs for the chunks that have no usable one, in as few calls as possible. A chunk that the
 * service refuses a URL keeps none: its own send meets that refusal.
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
      if (lacking.includes(url.chunkIndex)) ports.stock.keep(session.uploadId, url);
    }
  }
  const missing = ports.stock.lacking(session.uploadId, indexes).length;
  if (missing > 0) ports.log.warn('no usable presigned URL for some chunks', { chunks: missing });
}

/** Sends one chunk once, on a URL never used before by this process. */
export async function sendChunk(
  ports: SendChunkPorts,
  session: UploadSession,
  chunk: Chunk,
  body: ChunkBody,
  { signal }: CallOptions,
): Promise<ChunkDelivery> {
  const kept = ports.stock.take(session.uploadId, chunk.index);
  const url = kept ?? (await fetchUrl(ports, session, chunk.index, { signal }));
  signal.throwIfAborted();
  if (!ports.stock.markUsed(url)) {
    throw serviceError(
      'PresignedUrlRejectedError',
      `chunk ${chunk.index}: TwelveLabs gave a presigned URL that was used before`,
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

/** A URL that was just made is used whatever its expiry says, as the two clocks may differ. */
async function fetchUrl(
  ports: SendChunkPorts,
  session: UploadSession,
  chunkIndex: number,
  options: CallOptions,
): Promise<string> {
  const urls = await fetchUrls(ports, session, { start: chunkIndex, count: 1 }, options);
  const found = urls.find((url) => url.chunkIndex === chunkIndex);
  if (found) return found.url;
  // A service that gives none at all may give one later; one that gives another chunk's is wrong.
  throw serviceError(
    urls.length === 0 ? 'ServiceUnavailableError' : 'ProtocolViolationError',
    `TwelveLabs gave no presigned URL for chunk ${chunkIndex}`,
  );
}
