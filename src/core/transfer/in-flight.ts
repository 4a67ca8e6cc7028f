import { type DestinationTraits, maxInFlightOf, type UploadSession } from './destination.ts';

type Session = Pick<UploadSession, 'maxInFlight'>;

/** Chunks in flight that keep a function's connection busy: one moves bytes while another waits for its reply. */
const busyChunks = 2;

/**
 * Returns how many ranges of a session may be sent at once within the service's limit on chunks in
 * flight. Functions count more than chunks of one function: each has a network of its own.
 * @param chunksInFlight - the setting: chunks in flight in one call of SendChunks
 */
export function maxRangesInFlight(
  traits: DestinationTraits,
  session: Session,
  chunksInFlight: number,
): number {
  const maxInFlight = maxInFlightOf(traits, session);
  return Math.floor(maxInFlight / Math.min(busyChunks, chunksInFlight, maxInFlight));
}

/** Returns how many chunks of one range may be in flight: the range's share of the service's limit. */
export function maxChunksPerRange(
  traits: DestinationTraits,
  session: Session,
  rangesAtOnce: number,
): number {
  return Math.max(1, Math.floor(maxInFlightOf(traits, session) / rangesAtOnce));
}
