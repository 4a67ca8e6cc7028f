import type { Clock } from '#src/core/ports/clock.ts';
import type { Transport } from '#src/core/ports/transport.ts';
import type { Chunk } from '#src/core/transfer/chunk-plan.ts';
import type {
  CallOptions,
  ChunkBody,
  ChunkDelivery,
  UploadSession,
} from '#src/core/transfer/destination.ts';
import {
  assertNotSecret,
  type ChunkPut,
  deliveryOf,
  storeChunk,
} from '#src/service-api/chunk-put.ts';
import { fetchPartUrl, type PartUrl, type UrlPorts, type UrlStock } from './part-urls.ts';
import { proofOf } from './proofs.ts';

export interface SendPorts extends UrlPorts {
  readonly transport: Transport;
  readonly stock: UrlStock;
  readonly clock: Clock;
  /** The longest time for the reply to a PUT after its last byte, in ms. */
  readonly uploadReplyMs: number;
}

/** Fetches the URL of a part for its next send. */
export async function preparePart(
  ports: SendPorts,
  session: UploadSession,
  index: number,
  options: CallOptions,
): Promise<void> {
  const url = await fetchPartUrl(ports, session, index, options);
  ports.stock.put(session.uploadId, index, url);
}

/**
 * Sends one part once, on a URL of its own: by the method, with the headers and with the success codes that
 * the service named.
 */
export async function sendPart(
  ports: SendPorts,
  session: UploadSession,
  chunk: Chunk,
  body: ChunkBody,
  { signal }: CallOptions,
): Promise<ChunkDelivery> {
  const { index } = chunk;
  const stored = ports.stock.take(session.uploadId, index);
  const url = stored ?? (await fetchPartUrl(ports, session, index, { signal }));
  signal.throwIfAborted();
  const put = putOf(ports, session, index, url, body, signal);
  const reply = await storeChunk(ports.transport, put, () => ports.clock.now());
  const { proof, evidence } = proofOf(reply, url.reportHeaders);
  assertNotSecret(proof, put, reply);
  return deliveryOf(reply, proof, evidence);
}

function putOf(
  { uploadReplyMs }: SendPorts,
  { chunkSizeBytes }: UploadSession,
  chunkIndex: number,
  { url, method, headers, successCodes }: PartUrl,
  body: ChunkBody,
  signal: AbortSignal,
): ChunkPut {
  return {
    ...{ chunkIndex, url, method, headers, successCodes, chunkSizeBytes, signal },
    sizeBytes: body.sizeBytes,
    replyTimeoutMs: uploadReplyMs,
    body: body.open(),
  };
}
