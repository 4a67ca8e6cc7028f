import { isTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import { maxReplyBytes } from '#src/core/limits/limits.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { HttpReply, HttpRequest, Transport } from '#src/core/ports/transport.ts';
import { observeBytes } from '#src/core/source/observed-bytes.ts';
import { networkError } from './network-failure.ts';
import { readText } from './reply-text.ts';
import { splitUrl } from './request-target.ts';
import { type DispatchReply, dispatch, type HttpAgent } from './undici.ts';

export interface TransportOptions {
  /** The caller closes it. */
  readonly agent: HttpAgent;
  readonly clock: Clock;
  /**
   * The longest time for a whole reply after the request's last byte. A request may override it. While
   * the body is sent, the agent's timeouts and the caller's signal bound the exchange. Default: 30 s.
   */
  readonly replyTimeoutMs?: number | undefined;
  /** The most bytes of a reply, before and after its decoding. A request may override it. Default: `maxReplyBytes`. */
  readonly maxReplyBytes?: number | undefined;
}

const defaultReplyTimeoutMs = 30_000;

/** undici's timers fire up to a second late, never early. */
const agentMarginMs = 5_000;

/** Creates the HTTP transport over undici. */
export function createTransport(options: TransportOptions): Transport {
  return { send: (request) => exchange(options, request) };
}

async function exchange(options: TransportOptions, request: HttpRequest): Promise<HttpReply> {
  const { origin, path, host } = splitUrl(request.url);
  const name = `${request.method} ${host}`;
  const replyTimeoutMs = request.replyTimeoutMs ?? options.replyTimeoutMs ?? defaultReplyTimeoutMs;
  const limit = createReplyLimit(options.clock, replyTimeoutMs, name, request.signal);
  const body = watch(request, limit.start, name);
  const { signal } = limit;
  try {
    const { method, headers } = request;
    const input = { origin, path, method, headers, body, signal, ...silenceOf(request) };
    const reply = await dispatch(options.agent, input);
    const maxBytes = request.maxReplyBytes ?? options.maxReplyBytes ?? maxReplyBytes;
    limit.start();
    return {
      status: reply.status,
      headers: joinRepeated(reply.headers),
      text: await readText(reply, maxBytes, name).catch((error) => {
        if (!isEnough(reply, request, body)) throw error;
        return '';
      }),
    };
  } catch (error) {
    if (request.signal.aborted) throw request.signal.reason;
    if (body instanceof WatchedBody && body.failure) throw body.failure.error;
    if (signal.aborted) throw signal.reason;
    throw isTransferError(error) ? error : networkError(error, name);
  } finally {
    limit.stop();
  }
}

/** Returns true if the headers are enough after the body failed: never before the request's last byte was sent. */
function isEnough(
  { status }: DispatchReply,
  { bodyIsOptional = false, signal }: HttpRequest,
  body: string | WatchedBody | undefined,
): boolean {
  const isSent = !(body instanceof WatchedBody) || body.isSent;
  return bodyIsOptional && isSent && !signal.aborted && status >= 200 && status < 300;
}

/**
 * Raises the agent's two timeouts above the request's own limit, so the limit ends the wait. The timeouts
 * still end a connection that stays silent while the body is sent.
 */
function silenceOf({ replyTimeoutMs }: HttpRequest) {
  if (replyTimeoutMs === undefined) return {};
  const silenceMs = replyTimeoutMs + agentMarginMs;
  return { headersTimeoutMs: silenceMs, bodyTimeoutMs: silenceMs };
}

/**
 * Creates a time limit that runs from its first `start`. Its signal also follows the caller's. A listener
 * takes less CPU time than `AbortSignal.any`.
 */
function createReplyLimit(clock: Clock, replyTimeoutMs: number, name: string, caller: AbortSignal) {
  const controller = new AbortController();
  const abort = () => controller.abort(caller.reason);
  if (caller.aborted) abort();
  else caller.addEventListener('abort', abort, { once: true });
  let cancel: (() => void) | undefined;
  const expire = () => {
    const message = `${name}: no complete reply within ${replyTimeoutMs} ms`;
    controller.abort(new TransferError('RequestTimeoutError', message));
  };
  return {
    signal: controller.signal,
    start: () => {
      cancel ??= clock.after(replyTimeoutMs, expire);
    },
    stop: () => {
      cancel?.();
      caller.removeEventListener('abort', abort);
    },
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

/** Records its source's error: undici's errors do not distinguish the source from the socket. */
class WatchedBody implements AsyncIterable<Uint8Array> {
  failure: { readonly error: unknown } | undefined;
  /** Whether undici has read the last byte. */
  isSent = false;
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #onSent: () => void;

  constructor(source: AsyncIterable<Uint8Array>, onSent: () => void) {
    this.#source = source;
    this.#onSent = onSent;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const observed = observeBytes(this.#source, {
      failed: (error) => {
        this.failure = { error };
      },
      ended: () => {
        this.isSent = true;
        this.#onSent();
      },
    });
    return observed[Symbol.asyncIterator]();
  }
}

/** Joins repeated headers. Gateways repeat a value, which counts once. */
function joinRepeated(headers: DispatchReply['headers']): HttpReply['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? [...new Set(value)].join(', ') : value,
    ]),
  );
}
