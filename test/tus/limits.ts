import type { AcceptedObject } from '#src/core/transfer/destination.ts';

/** The limits of the service, each with its source and date. tus itself has none (tus.io, 1.0.0, 2016). */

/** Our own: bytes of one chunk. A server may have a smaller limit for one request (`Tus-Max-Size` is for all). */
export const chunkBytes = 64 * 1024 * 1024;

/** Our own: bytes of one object, if the server names no limit of its own. */
export const defaultMaxBytes = 5 * 1024 ** 4;

/** Our own: characters of a filename. */
export const maxFilenameLength = 255;

/** Our own: the longest time for the reply to a chunk after its last byte, in ms. */
export const chunkReplyMs = 2 * 60 * 1000;

/** Our own: the longest time for the reply to any other call, in ms. */
export const askReplyMs = 60 * 1000;

/** Every type of file is accepted. */
export function acceptAny(maxBytes: number): AcceptedObject {
  return { kind: 'file', maxBytes, maxFilenameLength };
}
