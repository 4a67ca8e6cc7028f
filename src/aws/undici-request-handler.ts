import type { Readable } from 'node:stream';
import { type DispatchReply, dispatch, type HttpAgent } from '#src/http/undici.ts';

/** The part of the SDK's signed request that goes over the wire. */
export interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly method: string;
  /** Escaped already. */
  readonly path: string;
  /** Not escaped yet. */
  readonly query?: Readonly<Record<string, string | readonly string[] | null>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> | undefined;
}

/** What the SDK reads of a reply; an error's body is collected from the stream by the SDK. */
export interface SdkReply {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Readable;
}

/** The shape that every SDK client takes as `requestHandler`, without the SDK's own types. */
export interface SdkRequestHandler {
  readonly metadata: { readonly handlerProtocol: string };
  handle(
    request: SdkRequest,
    options?: { abortSignal?: unknown; requestTimeout?: number },
  ): Promise<{ response: SdkReply }>;
  destroy(): void;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): object;
}

/**
 * Lets an SDK client speak through undici, which moves a byte for about a quarter less CPU than the
 * SDK's own handler. The agent stays the caller's: destroying the client does not close it. Times
 * are bounded by the agent; an abort surfaces as the signal's own reason. A request that meets a
 * kept socket which the server has closed is sent again at once: the SDK counts no try for it.
 */
export function createUndiciRequestHandler(agent: HttpAgent): SdkRequestHandler {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (request, options) => {
      const reply = await dispatch(agent, {
        origin: `${request.protocol}//${request.hostname}${request.port ? `:${request.port}` : ''}`,
        path: pathAndQuery(request),
        method: request.method,
        headers: request.headers,
        body: request.body,
        signal: signalOf(options?.abortSignal),
        headersTimeoutMs: options?.requestTimeout,
        repeatsFailedReuse: isWhole(request.body),
      });
      return { response: asSdkReply(reply) };
    },
    destroy: () => {},
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
}

/** Whether a body can be sent a second time. */
function isWhole(body: SdkRequest['body']): boolean {
  return body === undefined || typeof body === 'string' || body instanceof Uint8Array;
}

/** The SDK's type still allows its own older kind of signal, which nothing here gives. */
function signalOf(signal: unknown): AbortSignal | undefined {
  return signal instanceof AbortSignal ? signal : undefined;
}

function asSdkReply({ status, headers, body }: DispatchReply): SdkReply {
  // A body that the SDK drops unread would end the process when its socket breaks.
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

/** The path as the SDK signed it; parsing it as a URL would rewrite keys such as `a/../b`. */
function pathAndQuery({ path, query }: SdkRequest): string {
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

/** Percent-encoding as the signature counts it (RFC 3986 §2.3): all but the unreserved characters. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
