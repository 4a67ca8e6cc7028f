import { maxMapConcurrency } from '#src/core/limits/limits.ts';
import { type ChunkRange, countRanges } from '#src/core/transfer/chunk-plan.ts';
import type { UploadSession } from '#src/core/transfer/destination.ts';
import { maxRangesInFlight } from '#src/core/transfer/in-flight.ts';
import type { Owned } from '#src/step-support/state.ts';
import type { Needs } from '#src/step-support/step.ts';

type SharePorts = Needs<'destination' | 'settings'>;

/** Returns into how many ranges a new session is split: as many as will run at once, if they are long enough. */
export function countRangesOf(ports: SharePorts, session: UploadSession): number {
  const { sendTimeoutMs } = ports.settings;
  return countRanges(session, { rangesAtOnce: shareOfSenders(ports, session), sendTimeoutMs });
}

/** Returns how many ranges of a plan are sent at once. */
export function countRangesAtOnce(
  ports: SharePorts,
  { maxRangesAtOnce = maxMapConcurrency }: Owned,
  session: UploadSession,
  ranges: readonly ChunkRange[],
): number {
  return Math.max(1, Math.min(shareOfSenders(ports, session), ranges.length, maxRangesAtOnce));
}

/**
 * Returns how many ranges of one session may be sent at once: one if the service takes one chunk at a time,
 * otherwise the smallest limit of the service and the operator. Every slot has the same share of the sends.
 */
function shareOfSenders({ destination, settings }: SharePorts, session: UploadSession): number {
  const { mapConcurrency, chunksInFlight, maxSendConcurrency, maxActiveTransfers } = settings;
  const byService = maxRangesInFlight(destination.traits, session, chunksInFlight);
  const share = Math.floor(maxSendConcurrency / maxActiveTransfers);
  return Math.max(1, Math.min(mapConcurrency, maxMapConcurrency, share, byService));
}
