import type { Chunk } from '#src/core/transfer/chunk-plan.ts';
import type {
  CallOptions,
  ChunkBody,
  ChunkDelivery,
  UploadSession,
} from '#src/core/transfer/destination.ts';
import type { ApiCall, ApiClient, Operation } from '#src/service-api/api-client.ts';
import type { OffsetWatch } from '#src/service-api/offset-watch.ts';
import { isSuccess } from '#src/service-api/replies.ts';
import { heldBytes, offsetOf, uploadPath } from './calls.ts';

export interface SendPorts {
  readonly client: ApiClient;
  readonly offsets: OffsetWatch;
  /** The longest time for the reply to a chunk after its last byte, in ms. */
  readonly replyMs: number;
}

/** The bytes of a chunk that the server lacks. */
interface Rest {
  readonly session: UploadSession;
  readonly chunk: Chunk;
  readonly body: ChunkBody;
  /** The offset of their first byte in the object. */
  readonly from: number;
}

/**
 * Sends one chunk once. The server may hold the chunk, or its first bytes, because an earlier request broke:
 * then it names its offset, and only the rest is sent.
 * @throws ChunkMismatchError - the server holds fewer bytes than the chunk's start, or more than its end
 * @throws SessionExpiredError - the server does not know the upload, or its offset differs repeatedly
 */
export async function sendChunk(
  ports: SendPorts,
  session: UploadSession,
  chunk: Chunk,
  body: ChunkBody,
  options: CallOptions,
): Promise<ChunkDelivery> {
  const { start, endInclusive } = chunk.range;
  const whole = { session, chunk, body, from: start };
  const appended = await append(ports, whole, options);
  const held = appended ?? (await complete(ports, whole, options));
  const end = endInclusive + 1;
  if (held !== end) throw ports.offsets.mismatchError(session, chunk, held);
  ports.offsets.matched(session);
  // The server returns no digest.
  return { proof: String(end), evidence: 'none' };
}

/** Appends what the server lacks of a chunk, if it holds some of it. Returns the bytes that it then holds. */
async function complete(ports: SendPorts, whole: Rest, options: CallOptions): Promise<number> {
  const { start, endInclusive } = whole.chunk.range;
  const held = await heldBytes(ports.client, whole.session, options);
  if (held === endInclusive + 1) await readToEnd(whole.body);
  if (held <= start || held > endInclusive) return held;
  return (await append(ports, { ...whole, from: held }, options)) ?? held;
}

/** The server can reply before it has taken the chunk, and the engine needs the digests of all bytes. */
async function readToEnd(body: ChunkBody): Promise<void> {
  for await (const _ of body.open());
}

/** Appends bytes and returns the new offset; undefined if the server holds another number of bytes (409). */
async function append(
  { client, replyMs }: SendPorts,
  rest: Rest,
  { signal }: CallOptions,
): Promise<number | undefined> {
  const operation: Operation = {
    name: `sending chunk ${rest.chunk.index}`,
    onSession: true,
    replyMs,
  };
  const reply = await client.exchange({ operation, ...patchOf(rest), signal });
  if (reply.status === 409) return undefined;
  if (!isSuccess(reply)) throw client.rejectionError(reply, operation);
  return offsetOf(reply, operation.name);
}

function patchOf({
  session,
  chunk,
  body,
  from,
}: Rest): Pick<ApiCall, 'method' | 'path' | 'content'> {
  const { start, endInclusive } = chunk.range;
  const headers = {
    'content-type': 'application/offset+octet-stream',
    'content-length': String(endInclusive + 1 - from),
    'upload-offset': String(from),
  };
  const open = () => without(body.open(), from - start);
  return { method: 'PATCH', path: uploadPath(session), content: { headers, open } };
}

/** Reads all bytes, so that the engine sees them, and drops the first. */
async function* without(
  pieces: AsyncIterable<Uint8Array>,
  first: number,
): AsyncGenerator<Uint8Array> {
  let left = first;
  for await (const piece of pieces) {
    if (left < piece.length) yield piece.subarray(left);
    left = Math.max(0, left - piece.length);
  }
}
