import * as z from 'zod/mini';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { jsonObject } from '#src/service-api/error-body.ts';
import { readServiceReply } from '#src/service-api/read-reply.ts';
import { identifier, required, time, unknownOr } from '#src/service-api/wire-fields.ts';
import { service } from './error-replies.ts';

const offset = required(z.int().check(z.gte(0)));

/** The reply to a chunk. `offset` is text in the documents and a number in the library. */
export const chunkReply = z.looseObject({ upload_id: identifier, offset, expires: time });

/** A number, or text. */
const mediaId = z.pipe(
  z.transform((value) => (typeof value === 'number' ? String(value) : value)),
  identifier,
);

/** The media that `complete` returns. */
export const mediaReply = z.looseObject({
  id: mediaId,
  size: unknownOr((value) => (typeof value === 'number' ? value : undefined)),
});

/** Reads a reply of SelfCommunity, see `readServiceReply`. */
export function readReply<T>(schema: z.ZodMiniType<T>, reply: HttpReply, operation: string): T {
  return readServiceReply(service.name, schema, reply, operation);
}

/**
 * Returns the bytes that the service holds, if a 400 names them. Newer releases of a sibling of the library
 * name them `expected_offset` (jkeifer/drf-chunked-upload#34). Other services answer with 409
 * (dropbox/dropbox-sdk-dotnet#118, vimeo/vimeo.php#183).
 */
export function heldBytes({ status, text }: HttpReply): number | undefined {
  if (status !== 400 && status !== 409) return undefined;
  const fields = jsonObject(text);
  return offset.safeParse(fields?.offset ?? fields?.expected_offset).data;
}
