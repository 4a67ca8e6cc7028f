import type { Chunk } from '#src/core/chunk-plan.ts';
import type {
  CallOptions,
  ChunkBody,
  ChunkDelivery,
  UploadSession,
} from '#src/core/destination.ts';
import { asTransferError, TransferError } from '#src/core/errors.ts';
import type { Clock, Log, Transport } from '#src/core/ports.ts';
import { type RequestTarget, splitUrl } from '#src/http/request-target.ts';
import type { ApiClient } from './api-client.ts';
import { putChunk } from './chunk-put.ts';
import type { Operation } from './errors.ts';
import { type PresignedUrl, spansOf, type UrlSpan, type UrlStock } from './presigned-urls.ts';
import { presignedUrlsReply, readReply } from './wire.ts';

export interface SendingPorts {
  readonly client: ApiClient;
  readonly transport: Transport;
  readonly stock: UrlStock;
  readonly clock: Clock;
  readonly log: Log;
  readonly allowInsecureUploads: boolean;
}

const operation: Operation = { name: 'asking for presigned URLs', onSession: true };

/** Fetches addresses for those chunks that have no usable one, in as few calls as possible. */
export async function prepareChunks(
  ports: SendingPorts,
  session: UploadSession,
  indexes: readonly number[],
  options: CallOptions,
): Promise<void> {
  const lacking = ports.stock.lacking(session.uploadId, indexes);
  for (const span of spansOf(lacking)) {
    for (const url of await fetchUrls(ports, session, span, options)) {
      if (lacking.includes(url.chunkIndex)) ports.stock.keep(session.uploadId, url);
    }
  }
  const missing = ports.stock.lacking(session.uploadId, indexes).length;
  if (missing > 0) ports.log.warn('no usable presigned URL for some chunks', { chunks: missing });
}

/** Sends one chunk once, on an address never used before by this process. */
export async function sendChunk(
  ports: SendingPorts,
  session: UploadSession,
  chunk: Chunk,
  body: ChunkBody,
  { signal }: CallOptions,
): Promise<ChunkDelivery> {
  const kept = ports.stock.take(session.uploadId, chunk.index);
  const url = kept ?? (await fetchUrl(ports, session, chunk.index, { signal }));
  signal.throwIfAborted();
  if (!ports.stock.markUsed(url)) {
    throw new TransferError(
      'PresignedUrlRejectedError',
      `chunk ${chunk.index}: TwelveLabs gave a presigned URL that was used before`,
    );
  }
  const put = {
    chunkIndex: chunk.index,
    url,
    headers: session.details,
    sizeBytes: body.sizeBytes,
    body: body.open(),
    signal,
  };
  return putChunk(ports.transport, put, () => ports.clock.now());
}

/** A URL that was just made is used whatever its expiry says, as the two clocks may differ. */
async function fetchUrl(
  ports: SendingPorts,
  session: UploadSession,
  chunkIndex: number,
  options: CallOptions,
): Promise<string> {
  const urls = await fetchUrls(ports, session, { start: chunkIndex, count: 1 }, options);
  const found = urls.find((url) => url.chunkIndex === chunkIndex);
  if (found) return found.url;
  throw new TransferError(
    'ProtocolViolationError',
    `TwelveLabs gave no presigned URL for chunk ${chunkIndex}`,
  );
}

async function fetchUrls(
  ports: SendingPorts,
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
  throw new TransferError(
    'ProtocolViolationError',
    `TwelveLabs gave a presigned URL at ${host} that is not https`,
  );
}

/** It is the service that gave it, so a person's input is not what is wrong. */
function targetOf(url: string): RequestTarget {
  try {
    return splitUrl(url);
  } catch (error) {
    const message = `TwelveLabs gave a presigned URL that is none: ${asTransferError(error).message}`;
    throw new TransferError('ProtocolViolationError', message, { cause: error });
  }
}
