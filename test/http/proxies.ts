import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { HttpRequest } from '#src/core/ports/transport.ts';
import { readProxies } from '#src/http/proxy-environment.ts';
import { createTransport } from '#src/http/transport.ts';
import { type AgentOptions, closeAgent, createAgent } from '#src/http/undici.ts';
import { systemClock } from '#src/system/system-clock.ts';
import { makeIdentity } from './certificates.ts';

const identity = makeIdentity();

/** A server on this machine that closes with the test. */
export interface LocalServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Trusts the CA of the test certificates in this process, until the test ends. */
export function trustTestCa(): void {
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, identity.ca]);
  onTestFinished(() => setDefaultCACertificates(before));
}

/** Starts an https server whose certificate is trusted after `trustTestCa`. */
export function startTlsServer(listener: RequestListener): Promise<LocalServer> {
  return listen(createTlsServer({ key: identity.key, cert: identity.cert }, listener));
}

export function startPlainServer(listener: RequestListener): Promise<LocalServer> {
  return listen(createServer(listener));
}

/** A test proxy, with its record of requests. */
export interface TestProxy extends LocalServer {
  /** Targets of CONNECT, as sent: `api.test:443`. */
  readonly tunnels: string[];
  /** Absolute URLs of forwarded http requests. */
  readonly forwarded: string[];
  /** Values of `proxy-authorization`. */
  readonly credentials: (string | undefined)[];
  readonly url: string;
}

export interface TestProxyOptions {
  /** The server for every tunnel and every forwarded request, with any target. */
  readonly target: LocalServer;
  /** Replies to CONNECT itself, in place of a tunnel. */
  readonly onConnect?: (socket: Duplex) => void;
  /** Replies to a forwarded request with this status. */
  readonly rejectWith?: number;
}

/** Starts a forward proxy like a company's: only the proxy resolves the names of the servers behind it. */
export async function startProxy(options: TestProxyOptions): Promise<TestProxy> {
  const tunnels: string[] = [];
  const forwarded: string[] = [];
  const credentials: (string | undefined)[] = [];
  const server = createServer((asked, reply) => {
    forwarded.push(asked.url ?? '');
    credentials.push(asked.headers['proxy-authorization']);
    if (options.rejectWith) return reply.writeHead(options.rejectWith).end();
    const { pathname, search } = new URL(asked.url ?? '');
    const { method, headers } = asked;
    const passed = request(
      { host: '127.0.0.1', port: options.target.port, method, headers, path: pathname + search },
      (got) => got.pipe(reply.writeHead(got.statusCode ?? 0, got.headers)),
    );
    asked.pipe(passed);
  });
  server.on('connect', (asked: IncomingMessage, socket: Duplex) => {
    tunnels.push(asked.url ?? '');
    credentials.push(asked.headers['proxy-authorization']);
    if (options.onConnect) return options.onConnect(socket);
    const upstream = connect(options.target.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  const local = await listen(server);
  return { ...local, tunnels, forwarded, credentials, url: `http://127.0.0.1:${local.port}` };
}

/** Replies with the request's host and the SHA-256 of its body. */
export const echo: RequestListener = (request, response) => {
  const hash = createHash('sha256');
  request.on('data', (data: Buffer) => hash.update(data));
  request.on('end', () => response.end(`${request.headers.host} ${hash.digest('hex')}`));
};

/** Creates a transport with this environment's proxies, as the deployed functions do. */
export function transportIn(env: Record<string, string>, options: AgentOptions = {}) {
  const agent = createAgent(options, readProxies(env));
  onTestFinished(() => closeAgent(agent));
  const transport = createTransport({ agent, clock: systemClock });
  return (url: string, request: Partial<HttpRequest> = {}) =>
    transport.send({
      method: 'GET',
      url,
      headers: {},
      signal: AbortSignal.timeout(8_000),
      ...request,
    });
}

async function listen(server: ReturnType<typeof createServer>): Promise<LocalServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  onTestFinished(close);
  return { port: (server.address() as AddressInfo).port, close };
}
