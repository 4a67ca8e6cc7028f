import type { ApiKeySource } from '#src/core/ports/api-key.ts';
import type { Log } from '#src/core/ports/log.ts';
import type { HttpReply, HttpRequest, Transport } from '#src/core/ports/transport.ts';
import type { Chunk } from '#src/core/transfer/chunk-plan.ts';
import type { ChunkBody, SessionRequest, UploadSession } from '#src/core/transfer/destination.ts';
import {
  createTwelveLabs,
  type TwelveLabs,
  type TwelveLabsOptions,
} from '#src/destinations/twelvelabs/destination.ts';
import { ManualClock } from '../../harness/clock.ts';

export { failureOf } from '../../http/served-transport.ts';

/** One request, with the fields that would go over the wire. */
export interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, or the number of bytes of a stream. */
  readonly body: unknown;
  readonly signal: AbortSignal;
  readonly replyTimeoutMs?: number;
}

/** A script's reply; `json` becomes the text. */
export interface Answer {
  readonly status?: number;
  readonly headers?: HttpReply['headers'];
  readonly text?: string;
  readonly json?: unknown;
}

export type Script = (sent: Sent, count: number) => Answer;

export const baseUrl = 'https://api.example.test/v1.3';
export const apiKey = 'tlk_CANARYKEY';

export interface Scripted {
  readonly twelveLabs: TwelveLabs;
  readonly sent: Sent[];
  readonly clock: ManualClock;
  readonly call: { readonly signal: AbortSignal };
}

/** Creates TwelveLabs over a transport with scripted replies. An error of the script is the transport's error. */
export function scriptTwelveLabs(
  script: Script,
  options: Partial<TwelveLabsOptions> = {},
): Scripted {
  const sent: Sent[] = [];
  const transport: Transport = {
    send: async (request) => {
      sent.push(await record(request));
      const answer = script(sent[sent.length - 1] as Sent, sent.length);
      return {
        status: answer.status ?? 200,
        headers: answer.headers ?? {},
        text: answer.text ?? (answer.json === undefined ? '' : JSON.stringify(answer.json)),
      };
    },
  };
  const clock = new ManualClock(undefined, 'owner');
  const ports = { transport, apiKey: fixedKey(apiKey), baseUrl, clock, log: silentLog };
  return {
    twelveLabs: createTwelveLabs({ ...ports, ...options }),
    sent,
    clock,
    call: { signal: new AbortController().signal },
  };
}

export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };

export function fixedKey(key: string): ApiKeySource {
  return { get: async () => key, refresh: async () => key };
}

export const request: SessionRequest = {
  source: { bucket: 'b', key: 'film.mp4', etag: 'e', sizeBytes: 104_857_600 },
  kind: 'video',
  filename: 'film.mp4',
  options: {},
};

/** The reply to opening a session for `request`. */
export const created = {
  upload_id: 'u/1',
  asset_id: 'a1',
  chunk_size: 5_242_880,
  total_chunks: 20,
  upload_headers: { 'Content-Type': 'application/octet-stream', 'x-amz-acl': 'private' },
  upload_urls: [{ chunk_index: 1, url: 'https://s3.example.test/c/1?sig=CANARYURL' }],
  expires_at: '2026-11-22T00:00:00Z',
};

/** Returns the reply to opening a session, with changed fields. */
export function createdWith(changes: object) {
  return { status: 201, json: { ...created, ...changes } };
}

export const session: UploadSession = {
  uploadId: 'u/1',
  assetId: 'a1',
  chunkSizeBytes: 5_242_880,
  totalChunks: 20,
  details: { 'Content-Type': 'application/octet-stream', 'x-amz-acl': 'private' },
};

export const etag = '0123456789abcdef0123456789abcdef';

export function chunk(index: number): Chunk {
  return { index, range: { start: 0, endInclusive: 2 } };
}

export function bodyOf(...pieces: Uint8Array[]): ChunkBody {
  return {
    sizeBytes: pieces.reduce((sum, piece) => sum + piece.length, 0),
    open: async function* () {
      yield* pieces;
    },
  };
}

/** A chunk's body of three bytes. */
export const body = bodyOf(new Uint8Array([1, 2, 3]));

/** The proof of `body` as the first chunk. */
export const proof = { index: 1, sizeBytes: 3, proof: etag, md5: etag };

async function record({ body, replyTimeoutMs, ...request }: HttpRequest): Promise<Sent> {
  const limit = replyTimeoutMs === undefined ? {} : { replyTimeoutMs };
  return { ...request, body: await readBody(body), ...limit };
}

async function readBody(body: HttpRequest['body']): Promise<unknown> {
  if (body === undefined) return undefined;
  if (typeof body === 'string') return JSON.parse(body);
  let sizeBytes = 0;
  for await (const piece of body) sizeBytes += piece.length;
  return sizeBytes;
}
