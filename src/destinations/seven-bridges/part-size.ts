import { maxPartBytes, maxParts } from './limits.ts';

const MiB = 1024 * 1024;

/** The proposals are whole multiples, in bytes. */
const unitBytes = MiB;

/** A smaller part costs more calls than its faster repetition saves. */
const smallestBytes = 64 * MiB;

/**
 * Enough for the rate limit: 1,000 calls in five minutes then allow about 830 MiB a second for all
 * transfers together. A larger part is lost whole after an error.
 */
const usualBytes = 256 * MiB;

/** A small object has as many parts: enough to have some in flight, and few calls. */
const partsOfSmallObject = 8;

/**
 * Returns the part size to propose. Every part costs one call for its URL, so a part is an eighth of the
 * object, from 64 MiB up to 256 MiB. Beyond 2.4 TiB the limit of 10,000 parts decides.
 * @param wish - the configured size, in bytes. It is raised if the object would have too many parts
 */
export function partSizeOf(sizeBytes: number, wish?: number): number {
  const wanted = wish ?? Math.max(smallestBytes, Math.min(usualBytes, share(sizeBytes)));
  return Math.min(maxPartBytes, Math.max(wanted, roundUp(sizeBytes / maxParts)));
}

function share(sizeBytes: number): number {
  return roundUp(sizeBytes / partsOfSmallObject);
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / unitBytes) * unitBytes;
}
