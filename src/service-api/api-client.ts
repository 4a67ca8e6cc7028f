import type { ErrorName } from '#src/core/errors/error-lookup.ts';
import { redact, removeForm, removeSecret } from '#src/core/errors/redact.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { ApiKeySource } from '#src/core/ports/api-key.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { Log } from '#src/core/ports/log.ts';
import type { HttpReply, HttpRequest, Transport } from '#src/core/ports/transport.ts';
import { userAgent } from '#src/core/product.ts';
import type { CallBudget, TakeCall } from '#src/core/rates/call-budget.ts';
import { describeServiceError, readServiceError, type ServiceError } from './error-body.ts';
import {
  describeRedirect,
  fromOrigin,
  isRedirect,
  isSuccess,
  redirectHost,
  serviceError,
} from './replies.ts';
import { retryAfterSeconds } from './retry-after.ts';

/** A call of the API. */
export interface Operation {
  /** For messages, such as "opening a session". */
  readonly name: string;
  /** Whether the path names an upload session: 404 then means an unknown session. */
  readonly onSession: boolean;
  /** The longest time for the reply after the request's last byte, in ms. Default: the service's `askReplyMs`. */
  readonly replyMs?: number;
  /** The most bytes of the reply. Default: the transport's. */
  readonly maxReplyBytes?: number;
  /** The budget of the operation's endpoint group. Default: the service's. */
  readonly budget?: CallBudget;
}

/** What the client knows about one service. */
export interface Service {
  /** For messages, such as "TwelveLabs". */
  readonly name: string;
  /** A valid base URL, for messages. */
  readonly exampleUrl: string;
  /** The header for the API key, in lower case. */
  readonly keyHeader: string;
  /** The text before the key in its header, such as "Bearer ". Default: none. */
  readonly keyPrefix?: string;
  /** What any key of the service looks like, with the flag `g`. Removed from every reply. Default: none. */
  readonly keyForm?: RegExp;
  /** Headers of every request, such as a version; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The longest time for the reply to a call that changes nothing, in ms. */
  readonly askReplyMs: number;
  /** The budget of all calls of the API, unless the operation has its own. Default: no budget. */
  readonly budget?: CallBudget;
  /** Returns true if a reply rejects the API key. */
  rejectsKey(reply: HttpReply): boolean;
  /** Reads an error body, if its form is the service's own. Default: `readServiceError`. */
  readError?(text: string): ServiceError;
  /**
   * Returns the name of the error for a reply outside 200–299. Usual names, in this order:
   * `CredentialsRejectedError` (401), `ApiNotAllowedError` (403), `ThrottledError` (429), `SessionExpiredError` (a
   * 404 or 410 of the service itself, if the operation is `onSession`), `ConfigurationError` (otherwise: the base URL
   * is wrong), `ServiceUnavailableError` (`isFromGateway`, `isTransientStatus`), `RequestRejectedError` (the rest).
   */
  errorName(reply: HttpReply, error: ServiceError, operation: Operation): ErrorName;
  /** Returns the wait, in seconds, for a reply whose headers request none. */
  waitSeconds?(reply: HttpReply, error: ServiceError): number | undefined;
}

export interface ApiClientOptions {
  readonly service: Service;
  readonly transport: Transport;
  readonly apiKey: ApiKeySource;
  /** Absolute, with the version, such as `https://api.twelvelabs.io/v1.3`. */
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Reserves each call that has a budget. */
  readonly takeCall?: TakeCall | undefined;
}

/** A request's body that is not JSON. */
export interface ApiContent {
  /** With the content type and, for a stream, the content length; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Returns the body. A repeated request opens it again. */
  open(): string | AsyncIterable<Uint8Array>;
}

/** One call of the API. */
export interface ApiCall {
  readonly operation: Operation;
  readonly method: HttpRequest['method'];
  /** The path below the base URL, with a leading slash and percent-encoded ids. */
  readonly path: string;
  /** Further headers; names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly content?: ApiContent | undefined;
  readonly signal: AbortSignal;
  /** Translates a transport error, whose origin is already `service`. */
  readonly translate?: ((error: unknown) => unknown) | undefined;
}

/** Sends calls with the API key, which no other file reads. */
export interface ApiClient {
  /**
   * Sends one call and returns its reply, of any status. If the service rejects the key, reads the key
   * again and, if it has changed, repeats the call once.
   */
  exchange(call: ApiCall): Promise<HttpReply>;
  /**
   * Sends one call and returns its reply, if the status is 200–299.
   * @throws the error that `rejectionError` returns for any other status
   */
  ask(call: ApiCall): Promise<HttpReply>;
  /** Returns the error for a reply outside 200–299. */
  rejectionError(reply: HttpReply, operation: Operation): TransferError;
}

/**
 * In characters. The service's own keys are longer; a shorter key, such as a test's, may be part of an id
 * in a good reply and is not removed from it.
 */
const shortestKey = 16;

export function createApiClient(options: ApiClientOptions): ApiClient {
  const { service, transport, takeCall } = options;
  const baseUrl = checkBaseUrl(service, options.baseUrl);
  const keyAfter = shareRefreshes(options.apiKey);
  const exchange = async (call: ApiCall): Promise<HttpReply> => {
    const key = await options.apiKey.get();
    const reply = await sendWith({ service, transport, takeCall, baseUrl, key }, call);
    if (!service.rejectsKey(reply)) return reply;
    const newKey = await keyAfter(key);
    if (newKey === key) return reply;
    options.log.warn('API key rejected, repeating the call with a new key', {
      operation: call.operation.name,
    });
    return sendWith({ service, transport, takeCall, baseUrl, key: newKey }, call);
  };
  const rejectionError = (reply: HttpReply, operation: Operation) =>
    rejectionErrorOf({ service, baseUrl, nowMs: options.clock.now() }, reply, operation);
  const ask = async (call: ApiCall): Promise<HttpReply> => {
    const reply = await exchange(call);
    if (isSuccess(reply)) return reply;
    throw rejectionError(reply, call.operation);
  };
  return { exchange, ask, rejectionError };
}

interface RejectionContext {
  readonly service: Service;
  readonly baseUrl: string;
  readonly nowMs: number;
}

/** Returns the error for a reply outside 200–299. */
function rejectionErrorOf(
  { service, baseUrl, nowMs }: RejectionContext,
  reply: HttpReply,
  operation: Operation,
): TransferError {
  const { status, headers } = reply;
  const error = (service.readError ?? readServiceError)(reply.text);
  const message = isRedirect(status)
    ? `${operation.name} was ${describeRedirect(status, redirectHost(headers.location, baseUrl))}`
    : `${service.name} answered ${operation.name} with ${describeServiceError(status, error)}`;
  return serviceError(service.errorName(reply, error, operation), message, {
    status,
    retryAfterSeconds: retryAfterSeconds(headers, nowMs) ?? service.waitSeconds?.(reply, error),
  });
}

/**
 * Returns the base URL without trailing slashes.
 * @throws ConfigurationError - not an absolute http or https URL, or it holds more than a path
 */
export function checkBaseUrl({ name, exampleUrl }: Service, baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  const isWeb = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url));
  // `URL` removes blanks, but a request sends the text as it is.
  const hasBlank = /\s/.test(baseUrl);
  if (!url || !isWeb || hasBlank || url.search || url.hash || url.username || url.password) {
    throw new TransferError(
      'ConfigurationError',
      `Invalid ${name} base URL ${JSON.stringify(redact(baseUrl))}: must be a URL such as ${exampleUrl}, with https (http for this machine only) and without blanks, credentials, query or fragment.`,
    );
  }
  return baseUrl.replace(/\/+$/, '');
}

/** Returns true for this machine. Every request holds the API key, so plain http is allowed here only. */
function isLoopback({ hostname }: URL): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

interface Sender {
  readonly service: Service;
  readonly transport: Transport;
  readonly takeCall: TakeCall | undefined;
  readonly baseUrl: string;
  readonly key: string;
}

async function sendWith(
  { service, transport, takeCall, baseUrl, key }: Sender,
  call: ApiCall,
): Promise<HttpReply> {
  const request = {
    method: call.method,
    url: baseUrl + call.path,
    headers: {
      [service.keyHeader]: `${service.keyPrefix ?? ''}${checkKey(key)}`,
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': userAgent,
      ...service.headers,
      ...call.headers,
      ...contentHeaders(call),
    },
    body: call.content?.open() ?? (call.body === undefined ? undefined : JSON.stringify(call.body)),
    signal: call.signal,
    replyTimeoutMs: call.operation.replyMs ?? service.askReplyMs,
    maxReplyBytes: call.operation.maxReplyBytes,
  };
  const budget = call.operation.budget ?? service.budget;
  if (budget) await takeCall?.(budget, call.signal);
  try {
    const reply = await transport.send(request);
    return { ...reply, text: withoutKeys(reply, service, key) };
  } catch (thrown) {
    const error = fromOrigin(thrown, 'service', call.signal);
    throw call.translate ? call.translate(error) : error;
  }
}

/** Removes the key, and all texts of its form: the service may show another key of the account. */
function withoutKeys(reply: HttpReply, { keyForm }: Service, key: string): string {
  const text = keyForm ? removeForm(reply.text, keyForm) : reply.text;
  const mayBePartOfId = isSuccess(reply) && key.length < shortestKey;
  return mayBePartOfId ? text : removeSecret(text, key);
}

function contentHeaders({ body, content }: ApiCall): Readonly<Record<string, string>> {
  if (content) return content.headers;
  return body === undefined ? {} : { 'content-type': 'application/json' };
}

/**
 * Returns a function that returns the key to use after a rejected one. Concurrent calls share one
 * refresh; a call with an outdated key receives the newer key without a refresh.
 */
function shareRefreshes(source: ApiKeySource): (rejected: string) => Promise<string> {
  let reading: Promise<string> | undefined;
  const endReading = () => {
    reading = undefined;
  };
  return async (rejected) => {
    const latest = await source.get();
    if (latest !== rejected) return latest;
    reading ??= source.refresh().finally(endReading);
    return reading;
  };
}

function checkKey(key: string): string {
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new TransferError(
    'CredentialsRejectedError',
    `Invalid API key: ${key === '' ? 'it is empty' : 'it must be printable ASCII without blanks'}.`,
  );
}
