import * as z from 'zod/mini';
import { TransferError } from '#src/core/errors.ts';
import type { HttpReply } from '#src/core/ports.ts';
import { showable } from '#src/http/redact.ts';

/**
 * TwelveLabs' replies, as far as they are used: a field used is required and bounded, a field not
 * used is not named, and more fields pass. Counts that a server may leave out when they are zero
 * are 0 then; null stands for absent.
 */

/** Chunks of 5 MiB in the largest object S3 holds, many times over. */
const maxIndex = 10_000_000;

const identifier = z.string().check(z.maxLength(200), z.regex(/^[\x21-\x7e]+$/));
const index = z.int().check(z.gte(1), z.lte(maxIndex));
const count = z.int().check(z.gte(0), z.lte(maxIndex));
const size = z.int().check(z.gte(0));

/** A count that a server may leave out when it is zero. */
const countOrZero = z.pipe(
  z.nullish(count),
  z.transform((value) => value ?? 0),
);

/** Milliseconds since 1970; whatever is no date counts as absent. */
const time = z.pipe(
  z.optional(z.unknown()),
  z.transform((value) => (typeof value === 'string' ? parseTime(value) : undefined)),
);

const httpUrl = z.string().check(z.maxLength(8192), z.regex(/^https?:\/\/[a-z0-9[][\x21-\x7e]*$/i));

/** Answer to opening a session; the URLs in it are not used, see the destination's `openSession`. */
export const createReply = z.looseObject({
  upload_id: identifier,
  asset_id: identifier,
  chunk_size: z.int().check(z.gte(1)),
  total_chunks: index,
  expires_at: time,
  upload_headers: z.nullish(z.record(z.string(), z.string())),
});

/** Answer to asking for presigned URLs. */
export const presignedUrlsReply = z.looseObject({
  upload_urls: z.array(z.looseObject({ chunk_index: index, url: httpUrl, expires_at: time })),
});

/** Answer to a report. `url` is there only in the report that completes the upload. */
export const reportReply = z.looseObject({
  url: z.nullish(z.string()),
  processed_chunks: countOrZero,
  duplicate_chunks: countOrZero,
  total_completed: count,
});

/** A session as a whole, whatever page was asked for. */
export const statusReply = z.looseObject({
  status: z.enum(['active', 'completed', 'failed', 'expired']),
  chunks_completed: z.nullish(count),
  chunks_failed: z.nullish(count),
  chunks_pending: z.nullish(count),
});

/** One page of a session's chunks. Their key is `index`; everywhere else it is `chunk_index`. */
export const chunkStatesReply = z.looseObject({
  uploaded_chunks: z.array(
    z.looseObject({ index, status: z.enum(['completed', 'pending', 'failed']) }),
  ),
});

/** One page of the account's unfinished sessions, of other clients' too: some open empty ones. */
export const incompleteReply = z.looseObject({
  data: z.array(
    z.looseObject({
      upload_id: identifier,
      status: z.string(),
      total_size: size,
      chunk_size: size,
      total_chunks: count,
      created_at: time,
      expires_at: time,
    }),
  ),
  page_info: z.looseObject({ total_page: z.nullish(count) }),
});

/** An asset. `waiting` is a status of SDK 1.1.0's days; today's are the others. */
export const assetReply = z.looseObject({
  status: z.enum(['waiting', 'processing', 'ready', 'failed']),
  error: z.nullish(z.looseObject({ message: z.nullish(z.string()) })),
});

/**
 * Reads a reply by its schema; `operation` says what was asked for ("opening a session").
 * @throws ProtocolViolationError - a field is outside the schema; it is named
 * @throws ServiceUnavailableError - no JSON: something else has answered in the service's place
 */
export function readReply<T>(schema: z.ZodMiniType<T>, reply: HttpReply, operation: string): T {
  const { status, text } = reply;
  const subject = `TwelveLabs' ${status} reply to ${operation}`;
  const body = parseJson(text);
  if (body === undefined) {
    throw new TransferError('ServiceUnavailableError', `${subject} is not JSON`, { status });
  }
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = showable(issue?.path.map(String).join('.') || 'body', 80);
  throw new TransferError(
    'ProtocolViolationError',
    `${subject} has a bad ${field} (${issue?.code})`,
    { status },
  );
}

/** Whether a reply's body is JSON at all, which a proxy's page is not. */
export function isJson(reply: HttpReply): boolean {
  return parseJson(reply.text) !== undefined;
}

/** JSON itself has no undefined. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** ISO 8601 as RFC 3339 or without an offset, which is then UTC and not this machine's zone. */
function parseTime(text: string): number | undefined {
  const hasTime = /\d[T ]\d/i.test(text);
  const hasOffset = /(?:z|[+-]\d{2}:?\d{2})$/i.test(text);
  const ms = Date.parse(hasTime && !hasOffset ? `${text}Z` : text);
  return Number.isNaN(ms) ? undefined : ms;
}
