import type { AcceptedObject } from '#src/core/transfer/destination.ts';

/**
 * The limits of the Seven Bridges API v2, each with its source and date. They were not tested against the
 * live service, whose own error decides.
 */

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** Bytes of one object (PyPI sevenbridges-python 2.11.2, `PartSize.MAXIMUM_OBJECT_SIZE`, 2024-10). */
export const maxObjectBytes = 5 * 1024 * GiB;

/** Bytes of one part, except the last (sevenbridges-python 2.11.2 and both R clients, 2024). */
export const minPartBytes = 5 * MiB;
export const maxPartBytes = 5 * GiB;

/** Parts of one upload (sevenbridges-python 2.11.2 and both R clients, 2024). */
export const maxParts = 10_000;

/** Characters of a file's name, which must not contain a slash (documents of Cavatica, 2019). */
export const maxFilenameLength = 255;

/** Calls of the API in one window, for all clients of one user (documents, `api-rate-limit`). */
export const callsPerWindow = 1_000;
export const callWindowMs = 5 * 60 * 1000;

/** Our own: proofs of one report. The documents name no maximum. */
export const maxProofsPerReport = 100;

/**
 * Our own: parts in flight in one upload, two for each of eight functions. The documents name no maximum.
 * Clients of others use 4 (sevenbridges-python 2.11.2) or 8 (sevenbridges-go) for each file. The parts go
 * to the object store of the platform, which serves many clients; the API limits its calls.
 */
export const maxPartsInFlight = 16;

/**
 * Our own: bytes of the details of an upload. They name every reported part: 10,000 parts have 1.3 MB in
 * an indented reply with the ETag alone.
 */
export const maxDetailsBytes = 8 * MiB;

/** Items of one page of a listing; the default of the service is 50 (documents, `the-api`). */
export const maxPageLength = 100;

/** Our own: pages of a listing that are read. They hold 2,000 items. */
export const maxListPages = 20;

/** Our own: names that are tried for one file, the requested one included. */
export const maxNames = 10;

/** Our own: folders of one key. Each costs a call or two before the first session in it. */
export const maxFolderDepth = 20;

/** Seconds that a client waits while the service is in maintenance (sevenbridges-python 2.11.2). */
export const maintenanceSeconds = 300;

/**
 * Our own: a URL with less remaining time is fetched again. Older documents name a lifetime of 60 seconds,
 * so the margin is small, and a URL is fetched directly before its use.
 */
export const urlMarginMs = 5_000;

/**
 * Our own: the longest time for the reply to a PUT after its last byte. Object stores are reported to
 * reply to large parts after tens of seconds (minio/mc#2850, minio#8031).
 */
export const uploadReplyMs = 5 * 60 * 1000;

/**
 * Our own: the longest time for the reply to an API call after the request's last byte. `complete` joins all
 * parts before it replies.
 */
export const changeReplyMs = 5 * 60 * 1000;
export const askReplyMs = 2 * 60 * 1000;

/** Every type of file is accepted, with the same limits. */
export function acceptAny(maxBytes: number = maxObjectBytes): AcceptedObject {
  return { kind: 'file', maxBytes, maxFilenameLength };
}
