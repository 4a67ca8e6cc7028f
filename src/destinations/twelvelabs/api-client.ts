import { TransferError } from '#src/core/errors/errors.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { Log } from '#src/core/ports/log.ts';
import type { HttpReply, Transport } from '#src/core/ports/transport.ts';
import type { ApiKeySource } from '#src/core/stack/api-key.ts';
import { userAgent } from '#src/core/stack/product.ts';
import { showable, withoutSecret } from '#src/http/redact.ts';
import { fromOrigin, type Operation, refusalOf, refusesKey } from './errors.ts';
import { askReplyMs } from './limits.ts';

export interface ApiClientOptions {
  readonly transport: Transport;
  readonly apiKey: ApiKeySource;
  /** Absolute, with the version: `https://api.twelvelabs.io/v1.3`. */
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** One call of the API. */
export interface ApiCall {
  readonly operation: Operation;
  readonly method: 'GET' | 'POST';
  /** Below the base URL, from its first slash; ids in it are percent-encoded. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal: AbortSignal;
  /** Translates an error of the transport, which names the service as its side already. */
  readonly translate?: ((error: unknown) => unknown) | undefined;
}

/** Sends calls with the API key, which never leaves this file. */
export interface ApiClient {
  /**
   * Sends one call and gives its reply, whatever its status. A refused key is read anew and, if it
   * has changed, the call sent once more.
   */
  exchange(call: ApiCall): Promise<HttpReply>;
  /**
   * As `exchange`, for replies of 200–299 only.
   * @throws what `refusal` makes of any other
   */
  ask(call: ApiCall): Promise<HttpReply>;
  /** Returns the error for a reply outside 200–299. */
  refusal(reply: HttpReply, operation: Operation): TransferError;
}

/** In characters: a shorter key than any of the service's may be part of an id in a good reply. */
const shortestKey = 16;

export function createApiClient(options: ApiClientOptions): ApiClient {
  const baseUrl = checkBaseUrl(options.baseUrl);
  const keyAfter = shareRefreshes(options.apiKey);
  const exchange = async (call: ApiCall): Promise<HttpReply> => {
    const key = await options.apiKey.get();
    const reply = await sendWith(options.transport, baseUrl, key, call);
    if (!refusesKey(reply)) return reply;
    const newKey = await keyAfter(key);
    if (newKey === key) return reply;
    options.log.warn('API key refused and read anew', { operation: call.operation.name });
    return sendWith(options.transport, baseUrl, newKey, call);
  };
  const refusal = (reply: HttpReply, operation: Operation) =>
    refusalOf(reply, operation, baseUrl, options.clock.now());
  const ask = async (call: ApiCall): Promise<HttpReply> => {
    const reply = await exchange(call);
    if (isSuccess(reply)) return reply;
    throw refusal(reply, call.operation);
  };
  return { exchange, ask, refusal };
}

export function isSuccess(reply: HttpReply): boolean {
  return reply.status >= 200 && reply.status < 300;
}

/**
 * The base URL without trailing slashes.
 * @throws ConfigurationError - it is no absolute http or https URL, or holds more than a path
 */
export function checkBaseUrl(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  const isWeb = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url));
  if (!url || !isWeb || url.search || url.hash || url.username || url.password) {
    throw new TransferError(
      'ConfigurationError',
      `the TwelveLabs base URL must look like https://api.twelvelabs.io/v1.3, https (http on this machine only), without credentials, query or fragment; it is ${JSON.stringify(showable(baseUrl))}`,
    );
  }
  return baseUrl.replace(/\/+$/, '');
}

/** The API key travels in every request: in the clear only to this very machine, as a simulator is. */
function isLoopback({ hostname }: URL): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

async function sendWith(
  transport: Transport,
  baseUrl: string,
  key: string,
  call: ApiCall,
): Promise<HttpReply> {
  const hasBody = call.body !== undefined;
  const request = {
    method: call.method,
    url: baseUrl + call.path,
    headers: {
      'x-api-key': checkKey(key),
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': userAgent,
      ...(hasBody && { 'content-type': 'application/json' }),
    },
    body: hasBody ? JSON.stringify(call.body) : undefined,
    signal: call.signal,
    replyTimeoutMs: call.operation.replyMs ?? askReplyMs,
  };
  try {
    const reply = await transport.send(request);
    const isStillHeld = isSuccess(reply) && key.length < shortestKey;
    return isStillHeld ? reply : { ...reply, text: withoutSecret(reply.text, key) };
  } catch (thrown) {
    const error = fromOrigin(thrown, 'service', call.signal);
    throw call.translate ? call.translate(error) : error;
  }
}

/**
 * Gives the key to use after one was refused. Many calls may be refused at once: those that come
 * after a new reading take its key, those that come during it wait for it.
 */
function shareRefreshes(source: ApiKeySource): (refused: string) => Promise<string> {
  let reading: Promise<string> | undefined;
  const endReading = () => {
    reading = undefined;
  };
  return async (refused) => {
    const latest = await source.get();
    if (latest !== refused) return latest;
    reading ??= source.refresh().finally(endReading);
    return reading;
  };
}

function checkKey(key: string): string {
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new TransferError(
    'CredentialsRejectedError',
    key === '' ? 'the API key is empty' : 'the API key holds a blank, a line break or no ASCII',
  );
}
