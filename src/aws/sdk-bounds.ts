import { userAgent } from '#src/core/product.ts';
import { nodeProxyEnv, readProxies } from '#src/http/proxy-environment.ts';

/**
 * How every AWS client names the product. SDK clients share this and nothing else: S3 has a request
 * handler of its own.
 */
export const namedCalls = { customUserAgent: userAgent } as const;

/**
 * Bounds of one call to DynamoDB, EventBridge, Step Functions, Secrets Manager, Lambda or STS, to be
 * spread into the client's options. Their replies are small; without these a silent server holds a
 * call for ever. The calls take the proxies of the environment.
 */
export const boundedCalls = {
  ...namedCalls,
  maxAttempts: 3,
  /** @throws ConfigurationError - a proxy of the environment is not a URL */
  get requestHandler() {
    return {
      connectionTimeout: 3_000,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true,
      ...proxyAgents(process.env),
    };
  },
} as const;

/** Options of the Node.js agents that the SDK makes. */
function proxyAgents(env: Readonly<Record<string, string | undefined>>) {
  const proxies = readProxies(env);
  if (!proxies) return {};
  const proxyEnv = nodeProxyEnv(proxies);
  return { httpAgent: { proxyEnv }, httpsAgent: { proxyEnv } };
}
