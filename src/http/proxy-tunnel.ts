import type { Dispatcher, Pool as PoolType } from 'undici';
import connect from 'undici/lib/api/api-connect.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import { credentialsMissingError, ProxyError, proxyUnreachable } from './network-failure.ts';

/**
 * Creates the client that opens undici's `ProxyAgent` a tunnel by CONNECT, each within `timeoutMs`. An
 * error of its `connect` becomes the request's error.
 */
export function createTunnelClient(proxy: URL, options: PoolType.Options, timeoutMs: number) {
  const pool = new Pool(proxy.origin, { ...options, headersTimeout: timeoutMs, allowH2: false });
  return {
    connect: (target: Dispatcher.ConnectOptions) => openTunnel(pool, proxy, target),
    close: () => pool.close(),
    destroy: () => pool.destroy(),
  };
}

async function openTunnel(pool: PoolType, proxy: URL, target: Dispatcher.ConnectOptions) {
  const reply = await connect.call(pool, target).catch((error: unknown) => {
    throw proxyUnreachable(proxy, error);
  });
  const { socket, statusCode } = reply;
  // RFC 9110 §9.3.6: any 2xx opens the tunnel. undici accepts only 200.
  if (statusCode >= 200 && statusCode < 300) return { socket, statusCode: 200 };
  socket.on('error', () => {}).destroy();
  if (statusCode === 407) throw credentialsMissingError(`the proxy ${proxy.host}`);
  throw new ProxyError(proxy, 'did not open a tunnel', `status ${statusCode}`);
}
