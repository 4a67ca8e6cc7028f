import type { LookupFunction } from 'node:net';
import type { buildConnector as Connecting, Dispatcher, Pool as PoolType } from 'undici';
import request from 'undici/lib/api/api-request.js';
import buildConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import { ignoreContinue } from './interim-replies.ts';
import { KeepAlivePool, type PoolUse } from './keep-alive-pool.ts';
import { isReset, markNeverSent, markWithoutProxy, unmarkNeverSent } from './network-failure.ts';
import { createProxiedAgent } from './proxied-agent.ts';
import { type Proxies, readProxies } from './proxy-environment.ts';

/** A pool of kept-alive connections, to any number of servers. */
export type HttpAgent = KeepAlivePool;

export interface AgentOptions {
  /** Open sockets to one server; further requests wait. Default: unbounded. */
  readonly connectionsPerOrigin?: number | undefined;
  /** The longest time for connecting, TLS included. Default: 10 s. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long an idle socket stays open, unless the server sets a shorter time. Default: 4 s. */
  readonly keepAliveMs?: number | undefined;
  /** The longest wait for a reply's headers while no byte of the request moves. Default: 30 s. */
  readonly headersTimeoutMs?: number | undefined;
  /** The longest silence in a reply's body. Default: 30 s. */
  readonly bodyTimeoutMs?: number | undefined;
  /** Decides the allowed addresses of sockets. Default: any address. */
  readonly guard?: ConnectGuard | undefined;
  /** Milliseconds from any start, for sockets' idle time. Default: `performance.now`. */
  readonly now?: (() => number) | undefined;
}

/** Decides the allowed address of a socket when it is opened. */
export interface ConnectGuard {
  /**
   * Checks a host that needs no lookup, such as an address.
   * @throws the request's error
   */
  checkHost(host: string): void;
  /** Resolves a name, as `dns.lookup` does. The socket connects to the address in its callback. */
  readonly lookup: LookupFunction;
}

/** One request. `origin` and `path` are separate because parsing a URL would rewrite `a/../b`. */
export interface DispatchRequest {
  /** Scheme, host and port: `https://host:8443`. */
  readonly origin: string;
  /** Path and query as on the wire, from the first slash. */
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** An iterable without a `content-length` header is sent in HTTP's own chunks. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> | null | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Overrides the agent's. */
  readonly headersTimeoutMs?: number | undefined;
  /** Overrides the agent's. */
  readonly bodyTimeoutMs?: number | undefined;
  /**
   * Whether to repeat a request once, on a new socket, if a kept socket breaks before the reply because
   * the server has closed it. Not for a streamed body. Default: false.
   */
  readonly repeatsFailedReuse?: boolean | undefined;
}

/** A reply whose headers have arrived. The caller must read its body to the end, dump it or destroy it. */
export interface DispatchReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** undici's own readable stream, which the AWS SDK accepts. */
  readonly body: Dispatcher.ResponseData['body'];
}

const defaultTimeoutMs = 30_000;

const defaultConnectMs = 10_000;

const defaultKeepAliveMs = 4_000;

/**
 * Creates a pool for HTTP/1.1 only: the tests of resets, early replies and lost replies use it, and S3
 * supports nothing else.
 * @param proxies - Default: the environment's. A proxy resolves names itself, so the guard then checks
 * only hosts that are addresses.
 * @throws ConfigurationError - a proxy setting in the environment is not a URL
 */
export function createAgent(
  options: AgentOptions = {},
  proxies: Proxies | undefined = readProxies(process.env),
): HttpAgent {
  const { keepAliveMs: idleMs = defaultKeepAliveMs, now = () => performance.now() } = options;
  return new KeepAlivePool({ open: () => openAgent(options, proxies), idleMs, now });
}

function openAgent(options: AgentOptions, proxies: Proxies | undefined): Dispatcher {
  const { connectTimeoutMs = defaultConnectMs, keepAliveMs = defaultKeepAliveMs } = options;
  const pooling = {
    connections: options.connectionsPerOrigin ?? null,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    headersTimeout: options.headersTimeoutMs ?? defaultTimeoutMs,
    bodyTimeout: options.bodyTimeoutMs ?? defaultTimeoutMs,
    allowH2: false,
  };
  const lookup = options.guard && { lookup: options.guard.lookup };
  const connect = buildConnector({ timeout: connectTimeoutMs, allowH2: false, ...lookup });
  const guardedBy =
    (guard: ConnectGuard | undefined) => (origin: URL | string, inherited: object) =>
      poolOf(origin, { ...pooling, ...inherited }, { guard, proxies });
  const agentOptions = { ...pooling, connect, factory: guardedBy(options.guard) };
  if (!proxies) return new Agent(agentOptions);
  return createProxiedAgent(agentOptions, proxies, {
    connectTimeoutMs,
    poolOfProxy: guardedBy(undefined),
  });
}

interface Surroundings {
  readonly guard: ConnectGuard | undefined;
  readonly proxies: Proxies | undefined;
}

/** Creates the pool of one server. */
function poolOf(
  origin: URL | string,
  options: PoolType.Options,
  { guard, proxies }: Surroundings,
): PoolType {
  const proxy = /^https:/i.test(String(origin)) ? proxies?.https : proxies?.http;
  const connect = guarded(options.connect as Connecting.connector, guard, proxy !== undefined);
  return ignoreContinue(new Pool(origin, { ...options, connect }));
}

/**
 * Checks each host, with or without a proxy, and marks every failure here as never sent. With a proxy
 * configured, only a direct connection looks the host up.
 */
function guarded(
  connect: Connecting.connector,
  guard: ConnectGuard | undefined,
  hasProxy: boolean,
): Connecting.connector {
  return (target, callback) => {
    try {
      guard?.checkHost(target.hostname);
    } catch (error) {
      return callback(error as Error, null);
    }
    connect(target, (...[error, socket]: Parameters<Connecting.Callback>) => {
      if (error) markNeverSent(error);
      if (error && hasProxy) markWithoutProxy(error);
      (callback as (...outcome: unknown[]) => void)(error, socket);
    });
  };
}

/**
 * Sends one request and resolves when the reply's headers have arrived. Follows no redirect. Rejects with
 * undici's or the socket's own error, the signal's reason, or the error of the body's iteration.
 */
export async function dispatch(agent: HttpAgent, input: DispatchRequest): Promise<DispatchReply> {
  const use = agent.use();
  try {
    return await dispatchOnce(agent, input, use);
  } catch (error) {
    if (!input.repeatsFailedReuse || !use.hasServed || !isReset(error)) throw error;
    agent.replace(use);
    return repeatOnce(agent, input);
  }
}

async function repeatOnce(agent: HttpAgent, input: DispatchRequest): Promise<DispatchReply> {
  try {
    return await dispatchOnce(agent, input, agent.use());
  } catch (error) {
    unmarkNeverSent(error);
    throw error;
  }
}

async function dispatchOnce(
  agent: HttpAgent,
  input: DispatchRequest,
  use: PoolUse,
): Promise<DispatchReply> {
  const reply = await request.call(agent, {
    origin: input.origin,
    path: input.path,
    method: input.method,
    headers: { ...input.headers },
    body: bodyOf(input.body),
    ...(input.signal && { signal: input.signal }),
    ...(input.headersTimeoutMs !== undefined && { headersTimeout: input.headersTimeoutMs }),
    ...(input.bodyTimeoutMs !== undefined && { bodyTimeout: input.bodyTimeoutMs }),
  });
  agent.served(use);
  reply.body.once('close', () => agent.served(use));
  return { status: reply.statusCode, headers: reply.headers, body: reply.body };
}

/** Closes the pool at once: destroys open sockets, and requests in flight fail. */
export async function closeAgent(agent: HttpAgent): Promise<void> {
  await agent.destroy();
}

function bodyOf(
  body: DispatchRequest['body'],
): string | Uint8Array | AsyncIterable<Uint8Array> | null {
  if (body === undefined || body === null) return null;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  return asPlainIterable(body);
}

/**
 * Hides that a source is a stream, so undici ends it through its iterator on an early reply, a reset, an
 * abort and a timeout. Streams of the S3 SDK were observed to keep their sockets open in those cases
 * without it.
 */
function asPlainIterable(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => source[Symbol.asyncIterator]() };
}
