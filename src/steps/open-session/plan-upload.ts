import { TransferError } from '#src/core/errors/transfer-error.ts';
import { maxChunksPerSession, minChunksPerSender } from '#src/core/limits/limits.ts';
import { type ChunkRange, indexesOf, planRanges } from '#src/core/transfer/chunk-plan.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { type ChunkRecord, isProven } from '#src/core/transfer/upload-rows.ts';
import type { UsableSession } from '#src/step-support/ownership.ts';
import type { Owned } from '#src/step-support/state.ts';
import type { Invocation, Needs } from '#src/step-support/step.ts';
import { type PlannedRound, planRound } from './plan-round.ts';

/**
 * Plans the ranges of the chunks that have no proof, or returns that another execution must.
 * @throws PlanTooLargeError, RoundsExhaustedError
 */
export async function planUpload(
  { store, clock, log, settings }: Needs<'store' | 'settings'>,
  { transferId, source }: TransferRecord,
  owned: Owned,
  { number, session, rangeCount }: UsableSession,
  { executionStartedAt }: Invocation,
): Promise<PlannedRound | 'new-execution'> {
  const { totalChunks, chunkSizeBytes } = session;
  ensureWithinSession(totalChunks);
  const chunks = await store.chunks(transferId, number);
  const proven = chunks.values().filter(isProven).toArray();
  const hasProof = (index: number) => isProven(chunks.get(index));
  const unproven = planRanges(totalChunks, rangeCount, hasProof);
  const plan = { ranges: unproven, probe: probeOf(unproven, hasProof) };
  const { isLocalRun } = settings;
  const moment = { now: clock.now(), executionStartedAt, isLocalRun };
  const planned = planRound(owned, plan, proven.length, moment);
  if (planned === 'new-execution') return planned;
  log.info('upload planned', {
    transferId,
    sessionNumber: number,
    chunks: totalChunks,
    chunkSizeBytes,
    provenBytes: sumOfBytes(proven),
    sizeBytes: source.sizeBytes,
    ranges: planned.ranges.length,
  });
  return planned;
}

/** Returns the start of the first range: a probe needs few chunks, and the others wait for its end. */
function probeOf(
  [range]: readonly ChunkRange[],
  hasProof: (index: number) => boolean,
): readonly ChunkRange[] {
  const first = range && indexesOf(range).find((index) => !hasProof(index));
  if (!range || first === undefined) return [];
  return [{ n: range.n, first, last: Math.min(range.last, first + minChunksPerSender - 1) }];
}

function sumOfBytes(chunks: readonly ChunkRecord[]): number {
  return chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function ensureWithinSession(totalChunks: number): void {
  if (totalChunks <= maxChunksPerSession) return;
  throw new TransferError(
    'PlanTooLargeError',
    `the upload session has ${totalChunks} chunks, but at most ${maxChunksPerSession} are allowed`,
  );
}
