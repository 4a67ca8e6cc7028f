import type { Agent as AgentType, buildConnector, Dispatcher, Pool } from 'undici';
import Agent from 'undici/lib/dispatcher/agent.js';
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js';
import { proxyUnreachable } from './network-failure.ts';
import type { Proxies } from './proxy-environment.ts';
import { tunnelsThrough } from './proxy-tunnel.ts';

type Factory = NonNullable<AgentType.Options['factory']>;

export interface PooledAgentOptions extends AgentType.Options {
  readonly factory: Factory;
}

export interface ProxyOptions {
  /** How long the tunnel's and each TLS connection may take to be made. */
  readonly connectTimeoutMs: number;
  /** Makes the pool of connections to the proxy for http. */
  readonly poolOfProxy: Factory;
}

/**
 * Makes an agent that reaches https servers by tunnels through the one proxy, http servers by the
 * other, and both directly where the proxies say so.
 */
export function createProxiedAgent(
  pooled: PooledAgentOptions,
  proxies: Proxies,
  { connectTimeoutMs, poolOfProxy }: ProxyOptions,
): Dispatcher {
  const options = {
    ...pooled,
    // Set in every case, as undici would read the environment itself.
    httpsProxy: proxies.https ?? '',
    httpProxy: proxies.http ?? '',
    noProxy: proxies.direct.join(','),
    connectTimeout: connectTimeoutMs,
    requestTls: { allowH2: false },
    factory: namingProxy(pooled.factory, poolOfProxy, proxies.http),
    clientFactory: (proxy: URL, given: object) =>
      tunnelsThrough(proxy, given as Pool.Options, connectTimeoutMs),
  };
  const proxied = new EnvHttpProxyAgent(options as object);
  return proxies.https ? proxied : httpOnly(proxied, new Agent(pooled));
}

/** Names the proxy in the errors of connections to it. For https, its tunnels do. */
function namingProxy(factory: Factory, poolOfProxy: Factory, proxy: string | undefined): Factory {
  return (origin, given) => {
    if (proxy === undefined || String(origin) !== proxy) return factory(origin, given);
    const { connect } = given as { readonly connect: buildConnector.connector };
    const naming: buildConnector.connector = (asked, callback) =>
      connect(asked, (...[error, socket]: Parameters<buildConnector.Callback>) => {
        if (error) callback(proxyUnreachable(new URL(proxy), error), null);
        else callback(null, socket as NonNullable<typeof socket>);
      });
    return poolOfProxy(origin, { ...given, connect: naming });
  };
}

/** undici itself sends https through `HTTP_PROXY` if `HTTPS_PROXY` is not set. curl does not. */
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
