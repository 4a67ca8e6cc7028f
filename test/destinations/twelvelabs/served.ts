import { onTestFinished } from 'vitest';
import type { Log } from '#src/core/ports/log.ts';
import { createTwelveLabs, type TwelveLabs } from '#src/destinations/twelvelabs/destination.ts';
import { createTransport } from '#src/http/transport.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import { ManualClock } from '../../harness/clock.ts';
import { startServer } from '../../http/http-server.ts';
import { apiKey, created, etag, fixedKey, silentLog } from './scripted.ts';

/** One request from the wire. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  /** The server's host and port. */
  readonly host: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed JSON, or the number of bytes. */
  readonly body: unknown;
}

/** The server's reply; `json` becomes the text. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly text?: string;
  readonly json?: unknown;
  /** Closes the connection without a reply. */
  readonly close?: boolean;
  /** Delays the reply until it resolves. */
  readonly after?: Promise<unknown>;
}

/** Returns the reply to a request. Default: `usualReply`. */
export type Responder = (received: ReceivedRequest, count: number) => Reply | undefined;

export interface ServedTwelveLabs {
  readonly twelveLabs: TwelveLabs;
  readonly received: ReceivedRequest[];
  /** Host and port of the server. */
  readonly host: string;
  readonly call: { readonly signal: AbortSignal };
  readonly clock: ManualClock;
  /** Closes the server before the test ends. */
  stop(): Promise<void>;
}

/** Starts an HTTP server that is both service and upload host, and the adapter that calls it. */
export async function serveTwelveLabs(
  answer: Responder,
  log: Log = silentLog,
): Promise<ServedTwelveLabs> {
  const received: ReceivedRequest[] = [];
  const server = await startServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { method = '', url = '', headers } = request;
    const body = bodyOf(method, Buffer.concat(pieces));
    const one = { method, path: url, host: headers.host ?? '', headers, body };
    received.push(one);
    const reply = answer(one, received.length) ?? usualReply(one, received.length);
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
  const clock = new ManualClock(undefined, 'owner');
  const twelveLabs = createTwelveLabs({
    transport: createTransport({ agent, clock }),
    apiKey: fixedKey(apiKey),
    baseUrl: `${server.origin}/v1.3`,
    clock,
    log,
  });
  const host = new URL(server.origin).host;
  const call = { signal: new AbortController().signal };
  return { twelveLabs, received, host, stop, call, clock };
}

/** Returns the reply of a service that follows its documents. */
export function usualReply({ method, path, host, body }: ReceivedRequest, count: number): Reply {
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

/** Replies to every PUT with `reply`. */
export function onPut(reply: Reply): Responder {
  return ({ method }) => (method === 'PUT' ? reply : undefined);
}
