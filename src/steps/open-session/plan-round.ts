import { TransferError } from '#src/core/errors/transfer-error.ts';
import {
  callsPerRound,
  maxCallsOf,
  maxCallsPerExecution,
  maxRangesPerExecution,
  maxRoundsPerExecution,
  maxSendingSeconds,
  maxSessionsPerExecution,
  sendingEnd,
} from '#src/core/limits/limits.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import type { ChunkRange } from '#src/core/transfer/chunk-plan.ts';
import type { Owned } from '#src/step-support/state.ts';
import { outageError } from '#src/step-support/wait-out.ts';

/** The ranges of the next round, and the state with the counts of that round. */
export interface PlannedRound {
  readonly owned: Owned;
  readonly ranges: readonly PlannedRange[];
}

/** A range to send. */
export interface PlannedRange extends ChunkRange {
  /** The time from which the execution sends nothing, in milliseconds since 1970. Absent in a local run. */
  readonly sendUntil?: number | undefined;
}

/** The time of a plan, and the execution that makes it. */
export interface PlanMoment {
  /** In milliseconds since 1970, as all times here. */
  readonly now: number;
  readonly executionStartedAt: number;
  readonly isLocalRun: boolean;
}

/** The ranges without a proof of every chunk, and the part of one range that probes for all. */
export interface UnprovenRanges {
  readonly ranges: readonly ChunkRange[];
  readonly probe: readonly ChunkRange[];
}

/**
 * Plans the next round. During an outage in which no chunk was stored since the last plan, the round
 * has one short range, which probes for all: an outage of hours then fits into an execution's history.
 * Returns `new-execution` if this execution has no room or no time for the round, and another one may go on.
 * @param proven - chunks that have a proof now
 * @throws the error of the outage, if the execution has no room for another round
 * @throws RoundsExhaustedError - the same without an outage
 */
export function planRound(
  owned: Owned,
  unproven: UnprovenRanges,
  proven: number,
  moment: PlanMoment,
): PlannedRound | 'new-execution' {
  const planned = nextRound(owned, unproven, proven);
  const { now, executionStartedAt, isLocalRun } = moment;
  const sendUntil = sendingEnd(executionStartedAt, isLocalRun);
  const isInTime = sendUntil === undefined || now < sendUntil;
  if (isInTime && isWithinHistory(planned.owned, maxCallsOf(moment)))
    return { ...planned, ranges: planned.ranges.map((range) => ({ ...range, sendUntil })) };
  // No dispatcher continues a local run.
  if (!isLocalRun && mayGoOn(planned.owned)) return 'new-execution';
  const { outage } = owned;
  throw outage
    ? outageError(outage, now - outage.since)
    : roundsExhaustedError(planned.owned, moment);
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

function roundsExhaustedError(
  { round, probes, planned, calls }: Owned,
  { now, executionStartedAt, isLocalRun }: PlanMoment,
): TransferError {
  const counts = `round ${round - probes} with ${planned} planned ranges`;
  const limits = `${maxRoundsPerExecution} rounds, ${maxRangesPerExecution} ranges`;
  const hours = ((now - executionStartedAt) / 3_600_000).toFixed(1);
  // A local run has no history that calls could fill, and no time limit.
  const message = isLocalRun
    ? `${counts} exceeds the limit of ${limits} for one run`
    : `${counts} and ${calls} calls, ${hours} hours after the start, exceeds the limit of ${limits}, ${maxCallsPerExecution} calls and ${maxSendingSeconds / 3_600} hours for one execution`;
  return new TransferError('RoundsExhaustedError', message);
}
