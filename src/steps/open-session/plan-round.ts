import { TransferError } from '#src/core/errors/errors.ts';
import { maxRangesPerExecution, maxRoundsPerExecution } from '#src/core/limits/limits.ts';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import type { ChunkRange } from '#src/core/transfer/chunk-plan.ts';
import type { Outage, Owned } from '#src/transfer/state.ts';
import { outageError } from '#src/transfer/wait-out.ts';

/** The ranges of the next round, and the state with what the round costs. */
export interface PlannedRound {
  readonly owned: Owned;
  readonly ranges: readonly ChunkRange[];
}

/**
 * Plans the next round. While an error is being waited out and no chunk was stored since the last
 * plan, one range probes for all, which keeps hours of it within an execution's history.
 * @param proven - chunks that have a proof now
 * @throws the error that stopped the last round, where the history has no room for another
 * @throws RoundsExhaustedError - the history has no room for another round
 */
export function planRound(
  owned: Owned,
  lacking: readonly ChunkRange[],
  proven: number,
  now: number,
): PlannedRound {
  const outage = proven > owned.proven ? undefined : owned.outage;
  const isProbe = outage !== undefined && owned.round > 0;
  const ranges = isProbe ? lacking.slice(0, 1) : lacking;
  const next = {
    ...owned,
    outage,
    proven,
    round: owned.round + 1,
    probes: owned.probes + (isProbe ? 1 : 0),
    planned: owned.planned + ranges.length,
  };
  ensureWithinHistory(next, owned.outage, now);
  return { owned: next, ranges };
}

/** Bounds the history of one execution. What is kept stays, so a new execution goes on from there. */
function ensureWithinHistory(
  { round, probes, planned }: Owned,
  outage: Outage | undefined,
  now: number,
): void {
  const rounds = round - probes;
  const isWithin =
    probes <= boundOf('probes') &&
    rounds <= maxRoundsPerExecution &&
    planned <= maxRangesPerExecution + probes;
  if (isWithin) return;
  if (outage) throw outageError(outage, now - outage.since);
  throw new TransferError(
    'RoundsExhaustedError',
    `round ${rounds} with ${planned} ranges planned in all; an execution makes at most ${maxRoundsPerExecution} rounds and ${maxRangesPerExecution} ranges`,
  );
}
