import { isTransferError, TransferError } from '#src/core/errors/errors.ts';
import { maxReplyBytes } from '#src/core/limits/limits.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { HttpReply, HttpRequest, Transport } from '#src/core/ports/transport.ts';
import { networkFailure } from './network-failure.ts';
import { readText } from './reply-text.ts';
import { splitUrl } from './request-target.ts';
import { type DispatchReply, dispatch, type HttpAgent } from './undici.ts';

export interface TransportOptions {
  /** Its owner closes it. */
  readonly agent: HttpAgent;
  readonly clock: Clock;
  /**
   * How long a whole reply may take after the request's last byte. A request may name another time.
   * While the body is sent, the agent's timeouts and the caller's signal bound the exchange.
   * Default: 30 s.
   */
  readonly replyTimeoutMs?: number | undefined;
  /** The most bytes a reply may hold, before and after it is decoded. Default: `maxReplyBytes`. */
  readonly maxReplyBytes?: number | undefined;
}

const defaultReplyTimeoutMs = 30_000;

/** undici's timers are late by up to a second, never early. */
const agentMarginMs = 5_000;

/** The product's HTTP transport over undici. */
export function createTransport(options: TransportOptions): Transport {
  return { send: (request) => exchange(options, request) };
}

async function exchange(options: TransportOptions, request: HttpRequest): Promise<HttpReply> {
  const { origin, path, host } = splitUrl(request.url);
  const name = `${request.method} ${host}`;
  const replyTimeoutMs = request.replyTimeoutMs ?? options.replyTimeoutMs ?? defaultReplyTimeoutMs;
  const limit = createReplyLimit(options.clock, replyTimeoutMs, name);
  const body = watch(request, limit.start, name);
  const signal = AbortSignal.any([request.signal, limit.signal]);
  try {
    const { method, headers } = request;
    const asked = { origin, path, method, headers, body, signal, ...silenceOf(request) };
    const reply = await dispatch(options.agent, asked);
    limit.start();
    return {
      status: reply.status,
      headers: joinRepeated(reply.headers),
      text: await readText(reply, options.maxReplyBytes ?? maxReplyBytes, name).catch((error) => {
        if (!isEnough(reply, request, body)) throw error;
        return '';
      }),
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

/** Whether a reply whose body failed counts by its headers: not before the request's last byte has left. */
function isEnough(
  { status }: DispatchReply,
  { bodyIsOptional = false, signal }: HttpRequest,
  body: string | WatchedBody | undefined,
): boolean {
  const isSent = !(body instanceof WatchedBody) || body.isSent;
  return bodyIsOptional && isSent && !signal.aborted && status >= 200 && status < 300;
}

/**
 * Raises the agent's two timeouts above the request's own limit, which then ends the wait. They
 * still end a connection that is silent while the body is sent.
 */
function silenceOf({ replyTimeoutMs }: HttpRequest) {
  if (replyTimeoutMs === undefined) return {};
  const silenceMs = replyTimeoutMs + agentMarginMs;
  return { headersTimeoutMs: silenceMs, bodyTimeoutMs: silenceMs };
}

/** A time limit that runs from its first `start`. */
function createReplyLimit(clock: Clock, replyTimeoutMs: number, name: string) {
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
  /** Whether its last byte was taken. */
  isSent = false;
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
    this.isSent = true;
    this.#onSent();
  }
}

/** A value that is sent twice, as gateways do, is one value. */
function joinRepeated(headers: DispatchReply['headers']): HttpReply['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? [...new Set(value)].join(', ') : value,
    ]),
  );
}
