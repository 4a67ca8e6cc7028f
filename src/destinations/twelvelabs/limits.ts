import type { MediaType } from '#src/core/source/media-types.ts';
import type { AcceptedObject } from '#src/core/transfer/destination.ts';

/**
 * The limits of TwelveLabs' v1.3 API, each with its source and date. They were not tested against the
 * live service, whose own error decides.
 */

export const MiB = 1024 * 1024;
export const GiB = 1024 * MiB;

/**
 * Bytes of one upload: "10 GB" of video or audio, "32 MB" of image (npm twelvelabs-js 1.3.4; OpenAPI
 * mirrored 2026-07-30). The documents do not define the units; binary ones reject nothing that the
 * service may accept.
 */
export const maxBytesByMediaType: Readonly<Record<MediaType, number>> = {
  video: 10 * GiB,
  audio: 10 * GiB,
  image: 32 * MiB,
};

/** The most characters of `filename`; the least is 1 (OpenAPI, 2026-02-17). */
export const maxFilenameLength = 255;

/**
 * The most presigned URLs of one call (OpenAPI, 2026-02-17; twelvelabs-js 1.3.4). The engine prepares as many
 * chunks at once, so a page takes one call.
 */
export const maxUrlsPerCall = 50;

/** The most proofs of one report (OpenAPI, 2026-02-17). */
export const maxProofsPerReport = 50;

/** The most items of one page of a listing; the service's default is 10 (OpenAPI, 2026-02-17). */
export const maxPageLength = 50;

/** Lifetime of a presigned URL: 1 h after it is fetched (Node SDK guide, late 2025; twelvelabs-js 1.3.4). */
export const urlLifetimeMs = 3600 * 1000;

/** Lifetime of an upload session: 24 h after it is opened (Node SDK guide, late 2025; twelvelabs-js 1.3.4). */
export const sessionLifetimeMs = 24 * 3600 * 1000;

/** Our own: a presigned URL with less remaining time is not used, which leaves time for a slow PUT. */
export const urlMarginMs = 60 * 1000;

/**
 * Our own: the longest time for the reply to a PUT after its last byte. Object stores are reported to
 * reply to large parts after tens of seconds (minio/mc#2850, minio#8031).
 */
export const uploadReplyMs = 5 * 60 * 1000;

/**
 * Our own: the longest time for the reply to an API call after the request's last byte. A call that changes
 * a session may wait for the service's storage, and its effect is unknown without the reply: an abandoned
 * opening leaves a session behind. A function's own time limit may end both earlier.
 */
export const changeReplyMs = 5 * 60 * 1000;
export const askReplyMs = 2 * 60 * 1000;

/** Our own: the most chunks in flight for one session; the service documents no limit. */
export const maxChunksInFlight = 64;

/** Our own: the most pages of unfinished sessions that are read; they hold 1,000 sessions. */
export const maxListPages = 20;

/** Configured sizes, in bytes; `undefined` leaves the documented limit. */
export type SizeOverrides = Readonly<Partial<Record<MediaType, number | undefined>>>;

/** Returns the limits of one media type. The configuration may override `maxBytes`. */
export function limitsOf(kind: MediaType, overrides: SizeOverrides = {}): AcceptedObject {
  return { kind, maxBytes: overrides[kind] ?? maxBytesByMediaType[kind], maxFilenameLength };
}
