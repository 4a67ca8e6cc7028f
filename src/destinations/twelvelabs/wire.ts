import * as z from 'zod/mini';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { showable } from '#src/http/redact.ts';
import { serviceError } from './errors.ts';
import { jsonObject } from './service-words.ts';
import {
  countOrZero,
  index,
  itemsOf,
  lenientCount,
  listOf,
  needed,
  stateOf,
  time,
  unknownOr,
} from './wire-fields.ts';

/**
 * TwelveLabs' replies, as far as they are used. A field that decides about bytes is required and
 * bounded. Any other may be missing, null or of another type, and more fields pass.
 */

const identifier = z.string().check(z.maxLength(1024), z.regex(/^[\x21-\x7e]+$/));

const httpUrl = z.string().check(z.maxLength(8192), z.regex(/^https?:\/\/[a-z0-9[][\x21-\x7e]*$/i));

/**
 * Headers of each PUT. Their values may be numbers, or lists as Go writes headers; an empty list
 * is an empty object, as PHP writes one.
 */
const uploadHeaders = z.pipe(z.transform(plainHeaders), z.record(z.string(), z.string()));

/** Reply to opening a session; its URLs are not used, see the destination's `openSession`. */
export const createReply = z.looseObject({
  upload_id: identifier,
  asset_id: identifier,
  chunk_size: needed(z.int().check(z.gte(1))),
  /** Null where the service does not say: size and chunk size decide it too. */
  total_chunks: needed(z.nullish(index)),
  expires_at: time,
  upload_headers: uploadHeaders,
});

/** Reply to asking for presigned URLs. */
export const presignedUrlsReply = z.looseObject({
  upload_urls: listOf(
    z.looseObject({ chunk_index: needed(index), url: httpUrl, expires_at: time }),
  ),
});

/** Reply to a report. `url` is there only in the report that completes the upload. */
export const reportReply = z.looseObject({
  url: unknownOr((value) => typeof value === 'string' && value !== ''),
  processed_chunks: countOrZero,
  duplicate_chunks: countOrZero,
  total_completed: countOrZero,
});

/** A session as a whole, whatever page was asked for. Every other status is read as `busy`. */
export const statusReply = z.looseObject({
  status: stateOf(['active', 'completed', 'failed', 'expired'], 'busy'),
  chunks_completed: lenientCount,
  chunks_failed: lenientCount,
  chunks_pending: lenientCount,
  error: z.optional(z.unknown()),
  reason: z.optional(z.unknown()),
});

const pageInfo = unknownOr((value) => lenientPages(value));

/** One page of a session's chunks. Their key is `index`; everywhere else it is `chunk_index`. */
export const chunkStatesReply = z.looseObject({
  uploaded_chunks: listOf(
    z.looseObject({
      index: needed(index),
      status: stateOf(['completed', 'pending', 'failed'], 'busy'),
    }),
  ),
  page_info: pageInfo,
});

/** One page of the account's unfinished sessions, of other clients' too: some open empty ones. */
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

/** An asset. `waiting`, of SDK 1.1.0, and every other status are read as `processing`. */
export const assetReply = z.looseObject({
  status: stateOf(['ready', 'failed'], 'processing'),
  error: z.optional(z.unknown()),
  reason: z.optional(z.unknown()),
});

/**
 * Reads a reply by its schema; `operation` says what was asked for ("opening a session").
 * @throws ProtocolViolationError - a field is outside the schema; the message names it
 * @throws ServiceUnavailableError - no JSON object: another server has answered in the service's place
 */
export function readReply<T>(schema: z.ZodMiniType<T>, reply: HttpReply, operation: string): T {
  const { status, text } = reply;
  const subject = `TwelveLabs' ${status} reply to ${operation}`;
  const body = jsonObject(text);
  if (body === undefined) {
    throw serviceError('ServiceUnavailableError', `${subject} is not a JSON object`, { status });
  }
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = showable(issue?.path.map(String).join('.') || 'body', 80);
  throw serviceError('ProtocolViolationError', `${subject} has a bad ${field} (${issue?.code})`, {
    status,
  });
}

/** Whether a reply's body is a JSON object, which a proxy's page is not. */
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
