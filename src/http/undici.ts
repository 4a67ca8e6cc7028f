import type { LookupFunction } from 'node:net';
import type { buildConnector as Connecting, Dispatcher, Pool as PoolType } from 'undici';
import request from 'undici/lib/api/api-request.js';
import buildConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import { readOverContinue } from './interim-replies.ts';
import { KeptSockets, type PoolUse } from './kept-sockets.ts';
import { isReset, markBesideProxy, markNeverSent } from './network-failure.ts';
import { createProxiedAgent } from './proxied-agent.ts';
import { type Proxies, readProxies } from './proxy-environment.ts';

/** A pool of kept-alive connections, to any number of servers. */
export type HttpAgent = KeptSockets;

export interface AgentOptions {
  /** Sockets open to one server at once; more requests wait. Unbounded where left out. */
  readonly connectionsPerOrigin?: number | undefined;
  /** How long a connection may take to be made, TLS included. 10 s where left out. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long an idle socket is kept, unless the server names a shorter time. 4 s where left out. */
  readonly keepAliveMs?: number | undefined;
  /** How long a server may take to begin its reply while no byte of the request moves. 30 s where left out. */
  readonly headersTimeoutMs?: number | undefined;
  /** How long a reply's body may stay silent. 30 s where left out. */
  readonly bodyTimeoutMs?: number | undefined;
  /** Decides which addresses sockets may be opened to. Default: any. */
  readonly guard?: ConnectGuard | undefined;
  /** Milliseconds from any start, for the time that sockets are idle. Default: this process's. */
  readonly now?: (() => number) | undefined;
}

/** Decides where a socket may go, at the moment it is opened. */
export interface ConnectGuard {
  /** @throws what the request is to fail with; a host that is an address is not looked up */
  checkHost(host: string): void;
  /** Resolves a name, as `dns.lookup` does; what it calls back with is what is connected to. */
  readonly lookup: LookupFunction;
}

/** One request; `origin` and `path` are given apart because parsing a URL would rewrite `a/../b`. */
export interface DispatchRequest {
  /** Scheme, host and port: `https://host:8443`. */
  readonly origin: string;
  /** Path and query as they go over the wire, from the first slash. */
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** An iterable needs a `content-length` header, or it is sent in HTTP's own chunks. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> | null | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Stands above the agent's. */
  readonly headersTimeoutMs?: number | undefined;
  /** Stands above the agent's. */
  readonly bodyTimeoutMs?: number | undefined;
  /**
   * Whether a request is sent again, once and on a new socket, after a kept socket broke before its
   * reply: the server had closed it. For bodies that are no stream. Default: false.
   */
  readonly repeatsFailedReuse?: boolean | undefined;
}

/** A reply whose headers have come. Its body must be read to the end, dumped or destroyed. */
export interface DispatchReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** undici's own readable stream, so that it can be handed on as one. */
  readonly body: Dispatcher.ResponseData['body'];
}

const defaultTimeoutMs = 30_000;

const defaultConnectMs = 10_000;

const defaultKeepAliveMs = 4_000;

/**
 * Makes a pool. HTTP/1.1 only: what is known about resets, early answers and lost replies here was
 * tried over it, and S3 speaks nothing else.
 * @param proxies - default: those of the environment. A proxy resolves names itself, so the guard
 * then judges only hosts that are addresses.
 * @throws ConfigurationError - a proxy of the environment is not a URL
 */
export function createAgent(
  options: AgentOptions = {},
  proxies: Proxies | undefined = readProxies(process.env),
): HttpAgent {
  const { keepAliveMs: idleMs = defaultKeepAliveMs, now = () => performance.now() } = options;
  return new KeptSockets({ open: () => openAgent(options, proxies), idleMs, now });
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
  const guardedBy = (guard: ConnectGuard | undefined) => (origin: URL | string, given: object) =>
    poolOf(origin, { ...pooling, ...given }, { guard, proxies });
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

/** One server's connections. */
function poolOf(
  origin: URL | string,
  options: PoolType.Options,
  { guard, proxies }: Surroundings,
): PoolType {
  const proxy = /^https:/i.test(String(origin)) ? proxies?.https : proxies?.http;
  const connect = watched(options.connect as Connecting.connector, guard, proxy !== undefined);
  return readOverContinue(new Pool(origin, { ...options, connect }));
}

/**
 * Checks each host, with or without a proxy, and marks every failure here as never sent. Where there
 * is a proxy for the host, only a connection that passes it by looks the host up.
 */
function watched(
  connect: Connecting.connector,
  guard: ConnectGuard | undefined,
  hasProxy: boolean,
): Connecting.connector {
  return (asked, callback) => {
    try {
      guard?.checkHost(asked.hostname);
    } catch (error) {
      return callback(error as Error, null);
    }
    connect(asked, (...[error, socket]: Parameters<Connecting.Callback>) => {
      if (error) markNeverSent(error);
      if (error && hasProxy) markBesideProxy(error);
      (callback as (...outcome: unknown[]) => void)(error, socket);
    });
  };
}

/**
 * Sends one request and resolves when the reply's headers are there; follows no redirect. Rejects
 * with undici's or the socket's own error, the signal's reason, or what the body's iteration threw.
 */
export async function dispatch(agent: HttpAgent, asked: DispatchRequest): Promise<DispatchReply> {
  const use = agent.use();
  try {
    return await dispatchOnce(agent, asked, use);
  } catch (error) {
    if (!asked.repeatsFailedReuse || !use.hasServed || !isReset(error)) throw error;
    agent.replace(use);
    return dispatchOnce(agent, asked, agent.use());
  }
}

async function dispatchOnce(
  agent: HttpAgent,
  asked: DispatchRequest,
  use: PoolUse,
): Promise<DispatchReply> {
  const reply = await request.call(agent, {
    origin: asked.origin,
    path: asked.path,
    method: asked.method,
    headers: { ...asked.headers },
    body: bodyOf(asked.body),
    ...(asked.signal && { signal: asked.signal }),
    ...(asked.headersTimeoutMs !== undefined && { headersTimeout: asked.headersTimeoutMs }),
    ...(asked.bodyTimeoutMs !== undefined && { bodyTimeout: asked.bodyTimeoutMs }),
  });
  agent.served(use);
  reply.body.once('close', () => agent.served(use));
  return { status: reply.statusCode, headers: reply.headers, body: reply.body };
}

/** Ends the pool at once: open sockets are destroyed and requests in flight fail. */
export async function closeAgent(agent: HttpAgent): Promise<void> {
  await agent.destroy();
}

function bodyOf(
  body: DispatchRequest['body'],
): string | Uint8Array | AsyncIterable<Uint8Array> | null {
  if (body === undefined || body === null) return null;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  return readThrough(body);
}

/**
 * Whatever the source is, undici then ends it through its iterator, alike on an early answer, a
 * reset, an abort and a timeout. Streams of the S3 SDK that were handed over as they came have been
 * seen to keep their sockets open in those cases.
 */
async function* readThrough(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* source;
}
