import { TransferError } from '#src/core/errors/errors.ts';
import {
  callsPerRound,
  maxCallsOf,
  maxCallsPerExecution,
  maxRangesPerExecution,
  maxRoundsPerExecution,
  maxSessionsPerExecution,
} from '#src/core/limits/limits.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import type { Settings } from '#src/core/stack/settings.ts';
import type { ChunkRange } from '#src/core/transfer/chunk-plan.ts';
import type { Owned } from '#src/step-support/state.ts';
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
 * Returns `new-execution` if this history has no room for the round, and another execution may go on.
 * @param proven - chunks that have a proof now
 * @throws the error of the outage, if the history has no room for another round
 * @throws RoundsExhaustedError - the same without an outage
 */
export function planRound(
  owned: Owned,
  unproven: UnprovenRanges,
  proven: number,
  now: number,
  settings: Pick<Settings, 'isLocalRun'>,
): PlannedRound | 'new-execution' {
  const planned = nextRound(owned, unproven, proven);
  if (isWithinHistory(planned.owned, maxCallsOf(settings))) return planned;
  // No dispatcher continues a local run.
  if (!settings.isLocalRun && mayGoOn(planned.owned)) return 'new-execution';
  const { outage } = owned;
  throw outage ? outageError(outage, now - outage.since) : roundsExhaustedError(planned.owned);
}

function nextRound(owned: Owned, unproven: UnprovenRanges, proven: number): PlannedRound {
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
  return { owned: next, ranges };
}

function isWithinHistory({ round, probes, planned, calls }: Owned, maxCalls: number): boolean {
  return (
    probes <= boundOf('probes') &&
    round - probes <= maxRoundsPerExecution &&
    planned <= maxRangesPerExecution + probes &&
    calls <= maxCalls
  );
}

/**
 * True if this execution stored chunks that the next one continues from. Executions could follow each other without
 * end if each replaced the session of the one before it, so a transfer that needs many sessions does not go on.
 */
function mayGoOn(next: Owned): boolean {
  const { probes, proven, provenAtStart = proven, sessionsOpened, sessionNumber } = next;
  const hasFewSessions = sessionsOpened === 0 || sessionNumber <= maxSessionsPerExecution;
  return probes <= boundOf('probes') && proven > provenAtStart && hasFewSessions;
}

function roundsExhaustedError({ round, probes, planned, calls }: Owned): TransferError {
  return new TransferError(
    'RoundsExhaustedError',
    `round ${round - probes} with ${planned} planned ranges and ${calls} calls in total exceeds the limit of ${maxRoundsPerExecution} rounds, ${maxRangesPerExecution} ranges and ${maxCallsPerExecution} calls for one execution`,
  );
}
