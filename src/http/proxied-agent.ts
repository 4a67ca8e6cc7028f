import type { Agent as AgentType, buildConnector, Dispatcher, Pool } from 'undici';
import Agent from 'undici/lib/dispatcher/agent.js';
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js';
import { proxyUnreachable } from './network-failure.ts';
import type { Proxies } from './proxy-environment.ts';
import { createTunnelClient } from './proxy-tunnel.ts';

type Factory = NonNullable<AgentType.Options['factory']>;

export interface PooledAgentOptions extends AgentType.Options {
  readonly factory: Factory;
}

export interface ProxyOptions {
  /** The longest time for opening the tunnel, and for each TLS connection. */
  readonly connectTimeoutMs: number;
  /** Creates the pool of connections to the http proxy. */
  readonly poolOfProxy: Factory;
}

/**
 * Creates an agent that connects to https servers by tunnels through the https proxy, to http servers
 * through the http proxy, and directly to the hosts in `direct`.
 */
export function createProxiedAgent(
  pooled: PooledAgentOptions,
  proxies: Proxies,
  { connectTimeoutMs, poolOfProxy }: ProxyOptions,
): Dispatcher {
  const options = {
    ...pooled,
    // Always set: undici would otherwise read the environment itself.
    httpsProxy: proxies.https ?? '',
    httpProxy: proxies.http ?? '',
    noProxy: proxies.direct.join(','),
    connectTimeout: connectTimeoutMs,
    requestTls: { allowH2: false },
    factory: namingProxy(pooled.factory, poolOfProxy, proxies.http),
    clientFactory: (proxy: URL, poolOptions: object) =>
      createTunnelClient(proxy, poolOptions as Pool.Options, connectTimeoutMs),
  };
  const proxied = new EnvHttpProxyAgent(options as object);
  return proxies.https ? proxied : httpOnly(proxied, new Agent(pooled));
}

/** Names the proxy in the errors of connections to it. For https, `openTunnel` does so. */
function namingProxy(factory: Factory, poolOfProxy: Factory, proxy: string | undefined): Factory {
  return (origin, poolOptions) => {
    if (proxy === undefined || String(origin) !== proxy) return factory(origin, poolOptions);
    const { connect } = poolOptions as { readonly connect: buildConnector.connector };
    const naming: buildConnector.connector = (target, callback) =>
      connect(target, (...[error, socket]: Parameters<buildConnector.Callback>) => {
        if (error) callback(proxyUnreachable(new URL(proxy), error), null);
        else callback(null, socket as NonNullable<typeof socket>);
      });
    return poolOfProxy(origin, { ...poolOptions, connect: naming });
  };
}

/** Uses the proxy for http only. Unlike curl, undici sends https through `HTTP_PROXY` without `HTTPS_PROXY`. */
function httpOnly(proxied: Dispatcher, direct: Dispatcher): Dispatcher {
  const agentOf = (origin: unknown) => (String(origin).startsWith('http:') ? proxied : direct);
  return {
    dispatch: (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) =>
      agentOf(options.origin).dispatch(options, handler),
    close: async () => {
      await Promise.all([proxied.close(), direct.close()]);
    },
    destroy: async () => {
      await Promise.all([proxied.destroy(), direct.destroy()]);
    },
  } as Dispatcher;
}
