import { TransferError } from '#src/core/errors/errors.ts';
import { maxMapConcurrency, maxRangesPerPlan } from '#src/core/limits/limits.ts';
import { type ChunkRange, planRanges } from '#src/core/transfer/chunk-plan.ts';
import { type ChunkRecord, isProven, type TransferRecord } from '#src/core/transfer/transfer.ts';
import type { UsableSession } from '#src/transfer/ownership.ts';
import type { Owned } from '#src/transfer/state.ts';
import type { Needs } from '#src/transfer/step.ts';
import { type PlannedRound, planRound } from './plan-round.ts';

/**
 * Plans the ranges of the chunks that have no proof.
 * @throws PlanTooLargeError, RoundsExhaustedError
 */
export async function planUpload(
  { store, clock, log }: Needs<'store'>,
  { transferId, source }: TransferRecord,
  owned: Owned,
  { number, session }: UsableSession,
): Promise<PlannedRound> {
  const chunks = await store.chunks(transferId, number);
  const proven = chunks.values().filter(isProven).toArray();
  const unproven = planRanges(session.totalChunks, session.chunkSizeBytes, (index) =>
    isProven(chunks.get(index)),
  );
  ensureWithinPlan(unproven.length);
  const planned = planRound(owned, unproven, proven.length, clock.now());
  log.info('upload planned', {
    transferId,
    sessionNumber: number,
    chunks: session.totalChunks,
    chunkSizeBytes: session.chunkSizeBytes,
    provenBytes: sumOfBytes(proven),
    sizeBytes: source.sizeBytes,
    ranges: planned.ranges.length,
  });
  return planned;
}

function sumOfBytes(chunks: readonly ChunkRecord[]): number {
  return chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function ensureWithinPlan(ranges: number): void {
  if (ranges <= maxRangesPerPlan) return;
  throw new TransferError(
    'PlanTooLargeError',
    `one plan has ${ranges} ranges, but at most ${maxRangesPerPlan} are allowed`,
  );
}

/**
 * Returns how many ranges to send at once: one if the service requires order, otherwise the smallest
 * limit of the service, the operator and the connection. Every slot has the same share of the sends.
 */
export function countRangesAtOnce(
  { destination, settings }: Needs<'destination' | 'settings'>,
  { maxRangesAtOnce = maxMapConcurrency }: Owned,
  ranges: readonly ChunkRange[],
): number {
  const { order, maxInFlight } = destination.traits;
  if (order === 'ascending') return 1;
  const { mapConcurrency, chunksInFlight, maxSendConcurrency, maxActiveTransfers } = settings;
  const bySockets = Math.floor(maxInFlight / Math.min(chunksInFlight, maxInFlight));
  const share = Math.floor(maxSendConcurrency / maxActiveTransfers);
  const limits = [
    mapConcurrency,
    maxMapConcurrency,
    share,
    bySockets,
    ranges.length,
    maxRangesAtOnce,
  ];
  return Math.max(1, Math.min(...limits));
}
