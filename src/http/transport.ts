import { isTransferError, TransferError } from '#src/core/errors.ts';
import { maxReplyBytes } from '#src/core/limits.ts';
import type { Clock, HttpReply, HttpRequest, Transport } from '#src/core/ports.ts';
import { networkFailure } from './network-failure.ts';
import { splitUrl } from './request-target.ts';
import { type DispatchReply, dispatch, type HttpAgent } from './undici.ts';

export interface TransportOptions {
  /** Its owner closes it. */
  readonly agent: HttpAgent;
  readonly clock: Clock;
  /**
   * How long a whole reply may take once the request's body has been handed over; a body that is
   * still being sent is bounded by the agent's timeouts and the caller's signal. 30 s where left out.
   */
  readonly replyTimeoutMs?: number | undefined;
  /** The most a reply may hold. `maxReplyBytes` where left out. */
  readonly maxReplyBytes?: number | undefined;
}

/** The product's HTTP transport over undici. */
export function createTransport(options: TransportOptions): Transport {
  return { send: (request) => exchange(options, request) };
}

async function exchange(options: TransportOptions, request: HttpRequest): Promise<HttpReply> {
  const { origin, path, host } = splitUrl(request.url);
  const name = `${request.method} ${host}`;
  const limit = createReplyLimit(options, name);
  const body = watch(request, limit.start, name);
  const signal = AbortSignal.any([request.signal, limit.signal]);
  try {
    const { method, headers } = request;
    const reply = await dispatch(options.agent, { origin, path, method, headers, body, signal });
    limit.start();
    return {
      status: reply.status,
      headers: joinRepeated(reply.headers),
      text: await readText(reply.body, options.maxReplyBytes ?? maxReplyBytes, name),
    };
  } catch (error) {
    if (request.signal.aborted) throw request.signal.reason;
    if (body instanceof WatchedBody && body.failure) throw body.failure.error;
    if (limit.signal.aborted) throw limit.signal.reason;
    throw isTransferError(error) ? error : networkFailure(error, name);
  } finally {
    limit.stop();
  }
}

/** A time limit that runs from its first `start`. */
function createReplyLimit({ clock, replyTimeoutMs = 30_000 }: TransportOptions, name: string) {
  const controller = new AbortController();
  let cancel: (() => void) | undefined;
  const expire = () => {
    const message = `${name}: no whole reply within ${replyTimeoutMs} ms`;
    controller.abort(new TransferError('RequestTimeoutError', message));
  };
  return {
    signal: controller.signal,
    start: () => {
      cancel ??= clock.after(replyTimeoutMs, expire);
    },
    stop: () => cancel?.(),
  };
}

function watch(
  { body, headers }: HttpRequest,
  onSent: () => void,
  name: string,
): string | WatchedBody | undefined {
  if (body === undefined || typeof body === 'string') {
    onSent();
    return body;
  }
  if (!Object.keys(headers).some((header) => header.toLowerCase() === 'content-length')) {
    throw new TransferError('UnexpectedError', `${name}: a streamed body needs a content-length`);
  }
  return new WatchedBody(body, onSent);
}

/** Remembers what its source threw: undici's errors don't tell a source's fault from a socket's. */
class WatchedBody implements AsyncIterable<Uint8Array> {
  failure: { readonly error: unknown } | undefined;
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #onSent: () => void;

  constructor(source: AsyncIterable<Uint8Array>, onSent: () => void) {
    this.#source = source;
    this.#onSent = onSent;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#source;
    } catch (error) {
      this.failure = { error };
      throw error;
    }
    this.#onSent();
  }
}

/** Reads at most `maxBytes`; leaving the loop early destroys the body and its socket. */
async function readText(
  body: DispatchReply['body'],
  maxBytes: number,
  name: string,
): Promise<string> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    sizeBytes += piece.byteLength;
    if (sizeBytes > maxBytes) {
      throw new TransferError('NetworkError', `${name}: the reply exceeds ${maxBytes} bytes`);
    }
    pieces.push(piece);
  }
  return new TextDecoder().decode(Buffer.concat(pieces));
}

function joinRepeated(headers: DispatchReply['headers']): HttpReply['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
}
