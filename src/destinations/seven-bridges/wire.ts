import * as z from 'zod/mini';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { readServiceReply } from '#src/service-api/read-reply.ts';
import {
  httpUrl,
  identifier,
  itemsOf,
  lenientCount,
  listOf,
  required,
  time,
  unknownOr,
  uploadHeaders,
} from '#src/service-api/wire-fields.ts';
import { service } from './error-replies.ts';
import { maxParts } from './limits.ts';

/**
 * Schemas of the fields that are used in replies. A field that decides about bytes is required and bounded.
 * Any other may be absent, null or of another type; unknown fields are ignored.
 */

const optionalText = unknownOr((value) =>
  typeof value === 'string' && value !== '' ? value : undefined,
);

const partNumber = z.int().check(z.gte(1), z.lte(maxParts));

/** The reply to initializing an upload. Without a part size, the proposal counts. */
export const initializeReply = z.looseObject({
  upload_id: identifier,
  part_size: required(z.nullish(z.int().check(z.gte(1)))),
  /** Only `false` has a meaning here. */
  parallel_uploads: z.optional(z.unknown()),
  name: optionalText,
});

const header = z.string().check(z.regex(/^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/i));

/** The first number that is a time in milliseconds since 1970, and not in seconds. */
const firstEpochMs = 1e12;

/** ISO 8601, or a number of milliseconds or seconds since 1970, which may be text; absent in any other form. */
const expiry = unknownOr((value) => {
  const text = String(value);
  if (!/^\d{9,15}$/.test(text)) return time.safeParse(value).data;
  return Number(text) < firstEpochMs ? Number(text) * 1000 : Number(text);
});

const successCodes = z.optional(z.nullable(z.array(z.int().check(z.gte(200), z.lte(299)))));

/** The address of one part. The Java client reads `success_codes` inside `report`. */
export const partReply = z.looseObject({
  method: unknownOr((value) => (typeof value === 'string' ? value.toUpperCase() : 'PUT')),
  url: httpUrl,
  expires: expiry,
  headers: uploadHeaders,
  success_codes: successCodes,
  report: z.optional(
    z.nullable(
      z.looseObject({
        headers: z.optional(z.nullable(z.array(header))),
        success_codes: successCodes,
      }),
    ),
  ),
});

/** The details of an upload; `parts` only if they were asked for. */
export const uploadReply = z.looseObject({
  uploaded_parts_count: lenientCount,
  parts: listOf(
    z.looseObject({
      part_number: required(partNumber),
      response: z.optional(z.nullable(z.looseObject({ headers: uploadHeaders }))),
    }),
  ),
});

/** One page of the unfinished uploads. */
export const uploadsReply = z.looseObject({
  items: itemsOf(z.looseObject({ upload_id: identifier, initiated: time })),
});

/** A file, as `complete` and `GET /files/{id}` return it. */
export const fileReply = z.looseObject({
  id: identifier,
  name: optionalText,
  size: lenientCount,
  created_on: time,
});

/** One page of the files and folders in a place. */
export const filesReply = z.looseObject({
  items: itemsOf(z.looseObject({ id: identifier, name: optionalText, type: optionalText })),
});

/** Reads a reply of Seven Bridges, see `readServiceReply`. */
export function readReply<T>(schema: z.ZodMiniType<T>, reply: HttpReply, operation: string): T {
  return readServiceReply(service.name, schema, reply, operation);
}
