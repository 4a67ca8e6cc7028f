import { redact } from '#src/core/errors/redact.ts';

/** The code and the message of an error reply, each in one short line that is safe to show. */
export interface ServiceError {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/** Characters of a page that are read; its head holds the reason. */
const maxPageRead = 20_000;

/**
 * Reads an error body in any form: `{code, message}`, `{error: {code, message}}`, `{error: "text"}`, an
 * empty body, other JSON, and a proxy's HTML, of which only the text remains.
 */
export function readServiceError(text: string): ServiceError {
  const body = jsonObject(text);
  if (body === undefined) return { message: plainText(text) };
  const inner = isObject(body.error) ? body.error : body;
  const code = stringOf(inner.code);
  const message = stringOf(inner.message) ?? stringOf(body.error);
  const shown = message ?? (code === undefined ? text : undefined);
  return { code: code && redact(code, 80), message: shown && redact(shown) };
}

/** Returns "400 parameter_invalid: …": the status, and the code and the message if a reply has them. */
export function describeServiceError(status: number, { code, message }: ServiceError): string {
  const head = code ? `${status} ${code}` : String(status);
  return message ? `${head}: ${message}` : head;
}

/**
 * Returns the service's reason for a failure from any form: text, a number, an object or a list. One line
 * that is safe to show; undefined if the value is empty.
 */
export function readReason(value: unknown): string | undefined {
  const text = stringOf(value) ?? (Array.isArray(value) ? listed(value) : fieldsOf(value));
  return text && (redact(text) || undefined);
}

/** The most items of a list that are read. */
const maxItems = 5;

function listed(values: readonly unknown[]): string {
  const items = values.slice(0, maxItems).map((value) => stringOf(value) ?? fieldsOf(value));
  return items.filter((item) => item !== undefined).join('; ');
}

function fieldsOf(value: unknown): string | undefined {
  if (!isObject(value) || Object.keys(value).length === 0) return undefined;
  const { code, message, detail, details, reason, description } = value;
  const known = [code, message ?? detail ?? details ?? reason ?? description].map(stringOf);
  return known.filter((text) => text !== undefined).join(': ') || written(value);
}

/** Returns undefined for a value that nests too deeply for JSON. */
function written(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** Reads a JSON object. Some servers start it with a byte order mark (forwardemail/superagent#1249). */
export function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Returns a page's text without tags, styles and scripts; undefined if it is empty. */
function plainText(text: string): string | undefined {
  const bare = text
    .slice(0, maxPageRead)
    .replace(/<(script|style)\b.*?<\/\1\s*>/gis, ' ')
    .replace(/<[^<>]*>/g, ' ');
  return redact(bare) || undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stringOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
