import { isReset, isTimeout, ProxyError } from '#src/http/network-failure.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import { createUndiciRequestHandler, type SdkRequestHandler } from './undici-request-handler.ts';

/** The replies are small. Without bounds a silent server would hold a call for ever. */
const bounds = {
  connectTimeoutMs: 3_000,
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 10_000,
} as const;

/**
 * Creates the request handler of a client that makes small calls. It owns its sockets, which end with
 * the client, and marks network failures so that the SDK retries them.
 * @throws ConfigurationError - a proxy of the environment is not a URL
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

/** The SDK retries only the error names and codes of its own handler. */
function markRetryable(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (isTimeout(error)) return Object.assign(error, { name: 'TimeoutError' });
  const mayPass = isReset(error) || error instanceof ProxyError;
  return mayPass ? Object.assign(error, { $retryable: {} }) : error;
}
