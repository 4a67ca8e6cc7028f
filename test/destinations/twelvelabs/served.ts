import { onTestFinished } from 'vitest';
import type { Log } from '#src/core/ports/log.ts';
import { createTwelveLabs, type TwelveLabs } from '#src/destinations/twelvelabs/destination.ts';
import { createTransport } from '#src/http/transport.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import { type HeldClock, holdClock, startServer } from '../../http/http-server.ts';
import { apiKey, created, etag, fixedKey, silentLog } from './scripted.ts';

/** One request as it came over the wire. */
export interface Heard {
  readonly method: string;
  readonly path: string;
  /** Host and port of the server. */
  readonly host: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed where it was JSON; the bytes' count otherwise. */
  readonly body: unknown;
}

/** What the server answers: `json` becomes the text. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly text?: string;
  readonly json?: unknown;
  /** Closes the connection without a reply. */
  readonly close?: boolean;
  /** The reply waits for it. */
  readonly after?: Promise<unknown>;
}

/** Returns the reply to a request; undefined leaves it to `usualReply`. */
export type Answering = (heard: Heard, count: number) => Reply | undefined;

export interface ServedTwelveLabs {
  readonly twelveLabs: TwelveLabs;
  readonly heard: Heard[];
  /** Host and port of the server. */
  readonly host: string;
  readonly call: { readonly signal: AbortSignal };
  readonly clock: HeldClock;
  /** Ends the server before the test does. */
  stop(): Promise<void>;
}

/** Starts a real HTTP server that is service and upload host in one, and the adapter that calls it. */
export async function serveTwelveLabs(
  answer: Answering,
  log: Log = silentLog,
): Promise<ServedTwelveLabs> {
  const heard: Heard[] = [];
  const server = await startServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { method = '', url = '', headers } = request;
    const body = bodyOf(method, Buffer.concat(pieces));
    const one = { method, path: url, host: headers.host ?? '', headers, body };
    heard.push(one);
    const reply = answer(one, heard.length) ?? usualReply(one, heard.length);
    await reply.after;
    if (reply.close) return void request.socket.destroy();
    response.writeHead(reply.status ?? 200, reply.headers ?? {});
    response.end(reply.text ?? (reply.json === undefined ? '' : JSON.stringify(reply.json)));
  });
  const agent = createAgent();
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= server.close());
  onTestFinished(async () => {
    await closeAgent(agent);
    await stop();
  });
  const clock = holdClock();
  const twelveLabs = createTwelveLabs({
    transport: createTransport({ agent, clock }),
    apiKey: fixedKey(apiKey),
    baseUrl: `${server.origin}/v1.3`,
    clock,
    log,
  });
  const host = new URL(server.origin).host;
  const call = { signal: new AbortController().signal };
  return { twelveLabs, heard, host, stop, call, clock };
}

/** What a service does that behaves as its documents say. */
export function usualReply({ method, path, host, body }: Heard, count: number): Reply {
  if (method === 'PUT') return { headers: { ETag: `"${etag}"` } };
  if (path.endsWith('/presigned-urls')) return { json: urlsOf(body as Span, host, count) };
  if (path.endsWith('/multipart-uploads')) return { status: 201, json: created };
  if (method === 'POST') return { json: { processed_chunks: 1, total_completed: 1 } };
  return { json: { status: 'active' } };
}

interface Span {
  readonly start: number;
  readonly count: number;
}

function urlsOf({ start, count }: Span, host: string, serial: number) {
  const upload_urls = Array.from({ length: count }, (_, i) => ({
    chunk_index: start + i,
    url: `http://${host}/c/${start + i}?X-Amz-Signature=CANARY${serial}`,
  }));
  return { upload_urls };
}

function bodyOf(method: string, bytes: Buffer): unknown {
  if (method === 'PUT') return bytes.length;
  return bytes.length === 0 ? undefined : JSON.parse(bytes.toString());
}
