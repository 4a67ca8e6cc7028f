import * as z from 'zod/mini';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { redact } from '#src/http/redact.ts';
import { jsonObject } from './error-body.ts';
import { serviceError } from './errors.ts';
import {
  countOrZero,
  index,
  itemsOf,
  lenientCount,
  listOf,
  required,
  stateOf,
  time,
  unknownOr,
} from './wire-fields.ts';

/**
 * Schemas of the fields that are used in TwelveLabs' replies. A field that decides about bytes is required
 * and bounded. Any other may be absent, null or of another type; unknown fields are ignored.
 */

const identifier = z.string().check(z.maxLength(1024), z.regex(/^[\x21-\x7e]+$/));

const httpUrl = z.string().check(z.maxLength(8192), z.regex(/^https?:\/\/[a-z0-9[][\x21-\x7e]*$/i));

/**
 * The headers of each PUT. A value may be a number, or a list as in Go; PHP writes an empty object as an
 * empty list.
 */
const uploadHeaders = z.pipe(z.transform(plainHeaders), z.record(z.string(), z.string()));

/** The reply to opening a session; its URLs are ignored, see `openSession`. */
export const createReply = z.looseObject({
  upload_id: identifier,
  asset_id: identifier,
  chunk_size: required(z.int().check(z.gte(1))),
  /** Null if the service omits it: it follows from the size and the chunk size. */
  total_chunks: required(z.nullish(index)),
  expires_at: time,
  upload_headers: uploadHeaders,
});

/** The reply to a request for presigned URLs. */
export const presignedUrlsReply = z.looseObject({
  upload_urls: listOf(
    z.looseObject({ chunk_index: required(index), url: httpUrl, expires_at: time }),
  ),
});

/** The reply to a report. Only the reply to the report that completes the upload has a `url`. */
export const reportReply = z.looseObject({
  url: unknownOr((value) => typeof value === 'string' && value !== ''),
  processed_chunks: countOrZero,
  duplicate_chunks: countOrZero,
  total_completed: countOrZero,
});

/** The state of a whole session, on any page. Every other status means `busy`. */
export const statusReply = z.looseObject({
  status: stateOf(['active', 'completed', 'failed', 'expired'], 'busy'),
  chunks_completed: lenientCount,
  chunks_failed: lenientCount,
  chunks_pending: lenientCount,
  error: z.optional(z.unknown()),
  reason: z.optional(z.unknown()),
});

const pageInfo = unknownOr((value) => lenientPages(value));

/** One page of a session's chunks. Here a chunk's key is `index`, in all other replies `chunk_index`. */
export const chunkStatesReply = z.looseObject({
  uploaded_chunks: listOf(
    z.looseObject({
      index: required(index),
      status: stateOf(['completed', 'pending', 'failed'], 'busy'),
    }),
  ),
  page_info: pageInfo,
});

/** One page of the account's unfinished sessions, other clients' included: some clients open empty ones. */
export const incompleteReply = z.looseObject({
  data: itemsOf(
    z.looseObject({
      upload_id: identifier,
      total_size: countOrZero,
      created_at: time,
      expires_at: time,
    }),
  ),
  page_info: pageInfo,
});

/** An asset. `waiting`, from SDK 1.1.0, and every other status mean `processing`. */
export const assetReply = z.looseObject({
  status: stateOf(['ready', 'failed'], 'processing'),
  error: z.optional(z.unknown()),
  reason: z.optional(z.unknown()),
});

/**
 * Reads a reply by its schema; `operation` names the call, such as "opening a session".
 * @throws ProtocolViolationError - a field does not match the schema; the message names it
 * @throws ServiceUnavailableError - not a JSON object: another server has replied in the service's place
 */
export function readReply<T>(schema: z.ZodMiniType<T>, reply: HttpReply, operation: string): T {
  const { status, text } = reply;
  const subject = `Invalid ${status} reply from TwelveLabs to ${operation}`;
  const body = jsonObject(text);
  if (body === undefined) {
    const message = `${subject}: must be a JSON object.`;
    throw serviceError('ServiceUnavailableError', message, { status });
  }
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = redact(issue?.path.map(String).join('.') || 'body', 80);
  const message = `${subject}: the field "${field}" does not match (${issue?.code}).`;
  throw serviceError('ProtocolViolationError', message, { status });
}

/** Returns true if a reply's body is a JSON object; a proxy's page is not. */
export function isJsonObject(reply: HttpReply): boolean {
  return jsonObject(reply.text) !== undefined;
}

function lenientPages(value: unknown): number | undefined {
  const pages = (value as { total_page?: unknown } | null | undefined)?.total_page;
  const count = lenientCount.safeParse(pages).data;
  return typeof count === 'number' ? count : undefined;
}

function plainHeaders(value: unknown): unknown {
  if (value === undefined || value === null) return {};
  if (Array.isArray(value)) return value.length === 0 ? {} : value;
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([name, item]) => [name, plainHeader(item)]));
}

function plainHeader(value: unknown): unknown {
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (isList) return value.join(', ');
  return typeof value === 'number' ? String(value) : value;
}
