import * as z from 'zod/mini';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { readServiceReply } from '#src/service-api/read-reply.ts';
import {
  countOrZero,
  httpUrl,
  identifier,
  index,
  itemsOf,
  lenientCount,
  listOf,
  required,
  stateOf,
  time,
  unknownOr,
  uploadHeaders,
} from '#src/service-api/wire-fields.ts';
import { service } from './error-replies.ts';

/**
 * Schemas of the fields that are used in TwelveLabs' replies. A field that decides about bytes is required
 * and bounded. Any other may be absent, null or of another type; unknown fields are ignored.
 */

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

/** Reads a reply of TwelveLabs, see `readServiceReply`. */
export function readReply<T>(schema: z.ZodMiniType<T>, reply: HttpReply, operation: string): T {
  return readServiceReply(service.name, schema, reply, operation);
}

function lenientPages(value: unknown): number | undefined {
  const pages = (value as { total_page?: unknown } | null | undefined)?.total_page;
  const count = lenientCount.safeParse(pages).data;
  return typeof count === 'number' ? count : undefined;
}
