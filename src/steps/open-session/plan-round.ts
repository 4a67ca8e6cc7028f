import { TransferError } from '#src/core/errors/errors.ts';
import {
  callsPerRound,
  maxCallsPerExecution,
  maxRangesPerExecution,
  maxRoundsPerExecution,
} from '#src/core/limits/limits.ts';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import type { ChunkRange } from '#src/core/transfer/chunk-plan.ts';
import type { Outage, Owned } from '#src/step-support/state.ts';
import { outageError } from '#src/step-support/wait-out.ts';

/** The ranges of the next round, and the state with the counts of that round. */
export interface PlannedRound {
  readonly owned: Owned;
  readonly ranges: readonly ChunkRange[];
}

/** The ranges without a proof of every chunk, and the part of one range that probes for all. */
export interface UnprovenRanges {
  readonly ranges: readonly ChunkRange[];
  readonly probe: readonly ChunkRange[];
}

/**
 * Plans the next round. During an outage in which no chunk was stored since the last plan, the round
 * has one short range, which probes for all: an outage of hours then fits into an execution's history.
 * @param proven - chunks that have a proof now
 * @throws the error of the outage, if the history has no room for another round
 * @throws RoundsExhaustedError - the same without an outage
 */
export function planRound(
  owned: Owned,
  unproven: UnprovenRanges,
  proven: number,
  now: number,
): PlannedRound {
  const outage = proven > owned.proven ? undefined : owned.outage;
  const isProbe = outage !== undefined && owned.round > 0;
  const ranges = isProbe ? unproven.probe : unproven.ranges;
  const next = {
    ...owned,
    outage,
    proven,
    round: owned.round + 1,
    probes: owned.probes + (isProbe ? 1 : 0),
    planned: owned.planned + ranges.length,
    calls: owned.calls + ranges.length + callsPerRound,
    provenAtStart: owned.provenAtStart ?? proven,
  };
  ensureWithinHistory(next, owned.outage, now);
  return { owned: next, ranges };
}

/** Bounds the history of one execution. Stored proofs stay, so a new execution continues from there. */
function ensureWithinHistory(
  { round, probes, planned, calls }: Owned,
  outage: Outage | undefined,
  now: number,
): void {
  const rounds = round - probes;
  const isWithin =
    probes <= boundOf('probes') &&
    rounds <= maxRoundsPerExecution &&
    planned <= maxRangesPerExecution + probes &&
    calls <= maxCallsPerExecution;
  if (isWithin) return;
  if (outage) throw outageError(outage, now - outage.since);
  throw new TransferError(
    'RoundsExhaustedError',
    `round ${rounds} with ${planned} planned ranges and ${calls} calls in total exceeds the limit of ${maxRoundsPerExecution} rounds, ${maxRangesPerExecution} ranges and ${maxCallsPerExecution} calls for one execution`,
  );
}

/**
 * True if the transfer continues in another execution: this one has no room for the calls of another round,
 * and every execution so far has stored more chunks of the same session than the one before it. Without that,
 * executions could follow each other without end.
 * @param proven - chunks that have a proof now
 */
export function needsNewExecution(
  { calls, provenAtStart, sessionsOpened, sessionNumber }: Owned,
  ranges: readonly ChunkRange[],
  proven: number,
): boolean {
  const isFull = calls + ranges.length + callsPerRound > maxCallsPerExecution;
  const hasProgressed = provenAtStart !== undefined && proven > provenAtStart;
  const isSameSession = sessionsOpened === 0 || sessionNumber === 1;
  return isFull && hasProgressed && isSameSession;
}
