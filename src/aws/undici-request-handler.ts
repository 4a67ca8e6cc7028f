import type { Readable } from 'node:stream';
import { type DispatchReply, dispatch, type HttpAgent } from '#src/http/undici.ts';

/** The fields of the SDK's signed request that go over the wire. */
export interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly method: string;
  /** Escaped. */
  readonly path: string;
  /** Not escaped. */
  readonly query?: Readonly<Record<string, string | readonly string[] | null>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> | undefined;
}

/** The fields of a reply that the SDK reads. The SDK collects an error's body from the stream. */
export interface SdkReply {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Readable;
}

/** Options of `send` that the SDK passes on to the handler. */
export interface SendOptions {
  readonly abortSignal?: AbortSignal;
  /** Called with the signed request. */
  readonly onRequest?: (request: SdkRequest) => void;
  /** The reply to a request that was sent without the SDK. The first request with these options takes it. */
  earlierReply?: Promise<{ readonly response: SdkReply }> | undefined;
}

interface HandlerOptions extends Omit<SendOptions, 'abortSignal'> {
  readonly abortSignal?: unknown;
  readonly requestTimeout?: number;
}

/** The `requestHandler` of every SDK client, without the SDK's own types. */
export interface SdkRequestHandler {
  readonly metadata: { readonly handlerProtocol: string };
  handle(request: SdkRequest, options?: HandlerOptions): Promise<{ response: SdkReply }>;
  destroy(): void;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): object;
}

/**
 * Creates a request handler over undici, which needs about a quarter less CPU per byte than the SDK's
 * own. The caller owns the agent: destroying the client does not close it. The agent's timeouts apply,
 * and an abort throws the signal's reason. A request on a kept socket that the server has closed is
 * repeated at once; the SDK does not count that attempt.
 */
export function createUndiciRequestHandler(agent: HttpAgent): SdkRequestHandler {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (request, options = {}) => {
      const { earlierReply } = options;
      if (earlierReply) {
        options.earlierReply = undefined;
        return earlierReply;
      }
      options.onRequest?.(request);
      const reply = await dispatch(agent, {
        origin: `${request.protocol}//${request.hostname}${request.port ? `:${request.port}` : ''}`,
        path: pathAndQuery(request),
        method: request.method,
        headers: request.headers,
        body: request.body,
        signal: signalOf(options.abortSignal),
        headersTimeoutMs: options.requestTimeout,
        repeatsFailedReuse: isWhole(request.body),
      });
      return { response: asSdkReply(reply) };
    },
    destroy: () => {},
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
}

/** Returns true if a body can be sent a second time. */
function isWhole(body: SdkRequest['body']): boolean {
  return body === undefined || typeof body === 'string' || body instanceof Uint8Array;
}

/** Ignores the SDK's own older kind of signal, which its type allows and no caller here passes. */
function signalOf(signal: unknown): AbortSignal | undefined {
  return signal instanceof AbortSignal ? signal : undefined;
}

function asSdkReply({ status, headers, body }: DispatchReply): SdkReply {
  // Without a listener, a body that the SDK leaves unread would crash the process when its socket breaks.
  body.on('error', () => {});
  return { statusCode: status, headers: joinedHeaders(headers), body };
}

function joinedHeaders(headers: DispatchReply['headers']): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}

/** Returns the path as the SDK signed it. Parsing it as a URL would rewrite keys such as `a/../b`. */
export function pathAndQuery({ path, query }: SdkRequest): string {
  const text = queryText(query);
  return text === '' ? path : `${path}?${text}`;
}

function queryText(query: SdkRequest['query']): string {
  return Object.entries(query ?? {})
    .flatMap(([name, value]) => {
      if (value === null) return [escaped(name)];
      const items = typeof value === 'string' ? [value] : value;
      return items.map((item) => `${escaped(name)}=${escaped(item)}`);
    })
    .join('&');
}

/** Percent-encodes all but the unreserved characters (RFC 3986 §2.3), as the signature does. */
export function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
