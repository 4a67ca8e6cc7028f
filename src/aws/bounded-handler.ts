import { isReset, isTimeout, ProxyError } from '#src/http/network-failure.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import { createUndiciRequestHandler, type SdkRequestHandler } from './undici-request-handler.ts';

/** Bounds for small replies. Without them, a silent server would block a call without end. */
const bounds = {
  connectTimeoutMs: 3_000,
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 10_000,
} as const;

/**
 * Creates the request handler of a client that makes small calls. Its sockets close with the client.
 * It marks network failures as retryable for the SDK.
 * @throws ConfigurationError - a proxy setting in the environment is not a URL
 */
export function createBoundedHandler(): SdkRequestHandler {
  const agent = createAgent(bounds);
  const handler = createUndiciRequestHandler(agent);
  return {
    ...handler,
    handle: async (request, options) => {
      try {
        const reply = await handler.handle(request, options);
        reply.response.body.prependListener('error', markRetryable);
        return reply;
      } catch (error) {
        throw markRetryable(error);
      }
    },
    destroy: () => void closeAgent(agent),
  };
}

/** Marks a network failure: by itself, the SDK retries only the names and codes of its own handler. */
function markRetryable(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (isTimeout(error)) return Object.assign(error, { name: 'TimeoutError' });
  const mayPass = isReset(error) || error instanceof ProxyError;
  return mayPass ? Object.assign(error, { $retryable: {} }) : error;
}
