import type { MediaType } from '#src/core/source/source-object.ts';
import type { DestinationLimits } from '#src/core/transfer/destination.ts';

/**
 * What TwelveLabs' v1.3 API takes, each limit with its source and date. None was tried against the
 * live service, whose own refusal is the truth.
 */

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/**
 * Bytes of one upload: "10 GB" of video or audio, "32 MB" of image (npm twelvelabs-js 1.3.4; OpenAPI
 * mirrored 2026-07-30). Whether decimal or binary is not said; the larger reading refuses nothing
 * that the service would take.
 */
export const maxBytesByMediaType: Readonly<Record<MediaType, number>> = {
  video: 10 * GiB,
  audio: 10 * GiB,
  image: 32 * MiB,
};

/** Characters of `filename`, from 1 (OpenAPI, 2026-02-17). */
export const maxFilenameLength = 255;

/** Presigned URLs one call returns (OpenAPI, 2026-02-17; twelvelabs-js 1.3.4). */
export const maxUrlsPerCall = 50;

/** Proofs one report takes (OpenAPI, 2026-02-17). */
export const maxProofsPerReport = 50;

/** Items one page of a listing holds; its default is 10 (OpenAPI, 2026-02-17). */
export const maxPageLength = 50;

/** Life of a presigned URL: 1 h from its fetching (Node SDK guide, late 2025; twelvelabs-js 1.3.4). */
export const urlLifetimeMs = 3600 * 1000;

/** Life of an upload session: 24 h from its opening (Node SDK guide, late 2025; twelvelabs-js 1.3.4). */
export const sessionLifetimeMs = 24 * 3600 * 1000;

/** Our own: a presigned URL that ends sooner than this is not used, so that a slow PUT still fits. */
export const urlMarginMs = 60 * 1000;

/**
 * Our own: how long the reply to a PUT may take after its last byte. Object stores are reported to
 * answer large parts after tens of seconds (minio/mc#2850, minio#8031).
 */
export const uploadReplyMs = 5 * 60 * 1000;

/**
 * Our own: how long the reply to a call of the API may take after the request's last byte. Calls that
 * change a session may wait for the storage behind the service, and what they did is not known
 * without the reply: an opening that is given up leaves a session behind. The time of a function ends
 * both sooner.
 */
export const changeReplyMs = 5 * 60 * 1000;
export const askReplyMs = 2 * 60 * 1000;

/** Our own: chunks in flight for one session; the service documents no limit. */
export const maxChunksInFlight = 64;

/** Our own: pages read when counting unfinished sessions: 1,000 of them. */
export const maxListPages = 20;

/** The limits of one media type; `maxBytes` may be overridden by configuration. */
export function limitsOf(
  mediaType: MediaType,
  overrides: Readonly<Partial<Record<MediaType, number>>> = {},
): DestinationLimits {
  return {
    maxBytes: overrides[mediaType] ?? maxBytesByMediaType[mediaType],
    maxFilenameLength,
  };
}
