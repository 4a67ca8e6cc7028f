import type { ServerResponse } from 'node:http';

/** The values of the documented rate-limit headers; `reset` in seconds since 1970. */
export interface RateLimitNumbers {
  readonly limit: number;
  readonly remaining: number;
  readonly used: number;
  readonly reset: number;
}

/** A complete reply. It is built before the first byte is sent. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Formats a time as the service does: RFC 3339, UTC, whole seconds. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

const apiVersion = { 'X-Api-Version': 'v1.3' };

/** Returns a JSON reply of the API. */
export function jsonReply(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status,
    headers: { 'Content-Type': 'application/json', ...apiVersion, ...headers },
    body: JSON.stringify(body),
  };
}

/** Returns a 204 of the API, without a body. */
export function emptyReply(): Reply {
  return { status: 204, headers: apiVersion, body: '' };
}

/** Returns the API's flat error: `{code, message, docs_url}`. */
export function apiError(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const docsUrl = 'https://docs.twelvelabs.io/v1.3/api-reference/error-codes';
  return jsonReply(status, { code, message, docs_url: docsUrl }, headers);
}

/** Ends a request of the API with an error reply. */
export class ApiRejection extends Error {
  readonly reply: Reply;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.reply = apiError(status, code, message);
  }
}

/** Returns the headers of a 429. Undefined arguments add no header. */
export function throttleHeaders(
  retryAfter: number | string | undefined,
  rateLimit: RateLimitNumbers | undefined,
): Record<string, string> {
  return {
    ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
    ...(rateLimit && {
      'X-Ratelimit-Limit': String(rateLimit.limit),
      'X-Ratelimit-Remaining': String(rateLimit.remaining),
      'X-Ratelimit-Used': String(rateLimit.used),
      'X-Ratelimit-Reset': String(rateLimit.reset),
    }),
  };
}

/** Returns an error of S3-like storage, in XML. `elements` follow the message. */
export function storageError(
  status: number,
  code: string,
  message: string,
  elements: Readonly<Record<string, string>> = {},
): Reply {
  const all = {
    Code: code,
    Message: message,
    ...elements,
    RequestId: 'SIMULATED',
    HostId: 'local',
  };
  const inner = Object.entries(all).map(([name, text]) => `<${name}>${text}</${name}>`);
  return {
    status,
    headers: { 'Content-Type': 'application/xml', Server: 'AmazonS3' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner.join('')}</Error>`,
  };
}

/** Returns the HTML page that a proxy sends in place of a reply. */
export function htmlReply(status: number): Reply {
  const body = `<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>`;
  return { status, headers: { 'Content-Type': 'text/html' }, body };
}

function contentLength(reply: Reply): Record<string, string> {
  if (reply.status === 204) return {};
  return { 'Content-Length': String(Buffer.byteLength(reply.body)) };
}

/** Sends the whole reply. */
export function sendReply(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, { ...reply.headers, ...contentLength(reply) });
  response.end(reply.body);
}

/** Sends the head and `afterBytes` bytes of the body, then resets the connection. */
export function cutReply(response: ServerResponse, reply: Reply, afterBytes: number): void {
  response.writeHead(reply.status, { ...reply.headers, ...contentLength(reply) });
  response.write(Buffer.from(reply.body).subarray(0, afterBytes), () => {
    response.socket?.resetAndDestroy();
  });
}
