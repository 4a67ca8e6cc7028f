import { type ErrorName, TransferError } from '#src/core/errors.ts';
import type { HttpReply } from '#src/core/ports.ts';
import { showable } from '#src/http/redact.ts';
import { retryAfterSeconds } from '#src/http/retry-after.ts';

/** What a reply that is not a success says about itself; both in one short line, fit to be shown. */
export interface ServiceError {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/** What was asked when a reply came. */
export interface Operation {
  /** As part of a sentence: "opening a session". */
  readonly name: string;
  /** Whether the path names an upload session, so that 404 means that there is none. */
  readonly onSession: boolean;
}

/** Codes of a 403 by which the account, not the request, is what is refused (error-codes page). */
const accountCodes: ReadonlySet<string> = new Set(['api_not_allowed', 'api_allowed_for_paid_plan']);

/** Characters of a page that are looked at: its head says what happened. */
const maxPageRead = 20_000;

/** The code of an unknown id (error-codes page). */
const unknownIdCode = 'resource_not_exist';

/** The code of a key that is wrong or has expired (error-codes page). */
const badKeyCode = 'api_key_invalid';

/**
 * Reads all shapes an error comes in: `{code, message}`, `{error: {code, message}}`, an empty body,
 * other JSON, and a proxy's HTML, of which the text is kept.
 */
export function readServiceError(text: string): ServiceError {
  const body = jsonObject(text);
  if (body === undefined) return { message: plainText(text) };
  const inner = isObject(body.error) ? body.error : body;
  const code = stringOf(inner.code);
  const message = stringOf(inner.message) ?? (code === undefined ? text : undefined);
  return {
    code: code && showable(code, 80),
    message: message && showable(message),
  };
}

/** Whether a reply says that the API key is refused. */
export function refusesKey(reply: HttpReply): boolean {
  if (reply.status === 401) return true;
  const isRefusal = reply.status >= 400 && reply.status < 500;
  return isRefusal && readServiceError(reply.text).code === badKeyCode;
}

/** Whether a reply says that the service does not know the id in the path. */
export function saysUnknownId(reply: HttpReply): boolean {
  if (reply.status === 404 || reply.status === 410) return true;
  return reply.status === 400 && readServiceError(reply.text).code === unknownIdCode;
}

/** Turns a reply outside 200–299 into the error it stands for. */
export function refusalOf(reply: HttpReply, operation: Operation, nowMs: number): TransferError {
  const error = readServiceError(reply.text);
  return new TransferError(
    nameOf(reply, error, operation),
    `TwelveLabs answered ${operation.name} with ${describe(reply.status, error)}`,
    { status: reply.status, retryAfterSeconds: retryAfterSeconds(reply.headers, nowMs) },
  );
}

/** "400 parameter_invalid: …": status, code and message, as far as there are any. */
export function describe(status: number, { code, message }: ServiceError): string {
  const head = code ? `${status} ${code}` : String(status);
  return message ? `${head}: ${message}` : head;
}

function nameOf(reply: HttpReply, error: ServiceError, { onSession }: Operation): ErrorName {
  const { status } = reply;
  if (refusesKey(reply)) return 'CredentialsRejectedError';
  if (status === 429) return 'ThrottledError';
  if (status === 408 || status >= 500) return 'ServiceUnavailableError';
  if (status === 403 && accountCodes.has(error.code ?? '')) return 'ApiNotAllowedError';
  if (onSession && (saysUnknownId(reply) || saysExpired(status, error))) {
    return 'SessionExpiredError';
  }
  return 'RequestRejectedError';
}

function saysExpired(status: number, { code = '', message = '' }: ServiceError): boolean {
  return status === 400 && /expired/i.test(`${code} ${message}`);
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A page's text without its tags, styles and scripts; undefined where nothing is left. */
function plainText(text: string): string | undefined {
  const bare = text
    .slice(0, maxPageRead)
    .replace(/<(script|style)\b.*?<\/\1\s*>/gis, ' ')
    .replace(/<[^<>]*>/g, ' ');
  return showable(bare) || undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stringOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
