import { growingWaitSeconds, wholeWaitSeconds } from '#src/core/errors/backoff.ts';
import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import type { SendChunksAnswer } from '#src/core/shared-with-infra/next-answers.ts';
import type { RangeFailure } from '#src/core/transfer/upload-rows.ts';
import { rangeFailureOf } from '#src/step-support/range-failure.ts';
import type { RangeState } from '#src/step-support/state.ts';
import { logWait } from '#src/step-support/wait-out.ts';
import type { SendContext } from './send-context.ts';
import type { RangeResult } from './send-range.ts';

/** The fields of a range's state that one call changes. */
export interface StateChange {
  readonly next: SendChunksAnswer;
  readonly waitSeconds?: number;
  readonly idleCalls?: number;
  readonly chunkConcurrency?: number | undefined;
  readonly rejectedSince?: number | undefined;
}

/** What follows from one call: the range's next state, its row's error, and the effect on other ranges. */
export interface CallDecision {
  readonly change: StateChange;
  readonly failure?: RangeFailure | undefined;
  /** True if the other ranges of the round would meet the same error. */
  readonly haltsRound?: boolean;
  /** True if the range stops because too many calls in a row stored no chunk. */
  readonly isIdle?: boolean;
}

/**
 * Decides what the range does after a call: continue at once, wait, or stop. ConfirmUpload repeats a
 * report that failed, so a range without missing chunks is over.
 */
export function decideNextCall(
  context: SendContext,
  item: RangeState,
  { left, stored, concernsOtherChunks, ranOutOfTime, ...result }: RangeResult,
): CallDecision {
  if (left === 0)
    return {
      change: { next: 'sent' },
      failure: reportFailureIn(context, item, result.reportError),
    };
  const error = result.error && nameSetting(context, result.error);
  const failure = error && failureIn(context, item, error);
  if (concernsOtherChunks || error?.disposition === 'fail')
    return { change: { next: 'stop' }, failure, haltsRound: concernsOtherChunks };
  const lowered = ranOutOfTime && lowerConcurrency(context, item, failure);
  if (lowered) return lowered;
  if (stored > 0 && error?.retryAfterSeconds === undefined)
    return { change: continueAtOnce(context, item), failure };
  const idleCalls = stored > 0 ? 0 : item.range.idleCalls + 1;
  return waitOrStop(context, error, failure, idleCalls);
}

function continueAtOnce(context: SendContext, item: RangeState): StateChange {
  return { next: 'more', idleCalls: 0, chunkConcurrency: raiseConcurrency(context, item) };
}

function waitOrStop(
  context: SendContext,
  error: TransferError | undefined,
  failure: RangeFailure | undefined,
  idleCalls: number,
): CallDecision {
  const requestedSeconds = error?.retryAfterSeconds ?? 0;
  if (requestedSeconds > boundOf('longestWait'))
    return { change: { next: 'stop' }, failure, haltsRound: true };
  if (idleCalls > boundOf('idleCallsPerRange'))
    return { change: { next: 'stop' }, failure, isIdle: true };
  const waitSeconds = wholeWaitSeconds(Math.max(requestedSeconds, growingWaitSeconds(idleCalls)));
  if (error) logRangeWait(context, error, waitSeconds);
  const { rejectedSince } = context;
  return { change: { next: 'wait', waitSeconds, idleCalls, rejectedSince }, failure };
}

/**
 * Lowers what is in flight after a whole call in which no chunk ended. Halves the chunks of this range
 * first. From one chunk on, the next plan halves the ranges. With one chunk of one range, the transfer
 * ends, because the connection is too slow. If only the reply was late, returns undefined: the range waits.
 */
function lowerConcurrency(
  context: SendContext,
  item: RangeState,
  cutOff: RangeFailure | undefined,
): CallDecision | undefined {
  const chunkConcurrency = Math.floor(context.chunkConcurrency / 2);
  const idleCalls = item.range.idleCalls + 1;
  if (chunkConcurrency >= 1)
    return { change: { next: 'more', idleCalls, chunkConcurrency }, failure: cutOff };
  const isOnlyRange = item.rangesAtOnce <= 1;
  if (isOnlyRange && context.cutOff === 'replying') return undefined;
  const failure = failureIn(context, item, tooSlowError(context));
  const disposition = isOnlyRange ? failure.disposition : 'renew';
  return { change: { next: 'stop' }, failure: { ...failure, disposition }, haltsRound: true };
}

/** Doubles the chunks in flight after a call that stored some, if an earlier call had lowered them. */
function raiseConcurrency(
  { ports }: SendContext,
  { range: { chunkConcurrency } }: RangeState,
): number | undefined {
  return chunkConcurrency && Math.min(ports.settings.chunksInFlight, chunkConcurrency * 2);
}

/** Names the setting to raise, if the call ended while the upload host had a whole chunk. */
function nameSetting({ cutOff, invocation }: SendContext, error: TransferError): TransferError {
  if (cutOff !== 'replying' || !errorMeans(error, 'stalled')) return error;
  const seconds = Math.round(invocation.lengthMs / 1000);
  return new TransferError(
    'RequestTimeoutError',
    `the upload host did not reply to a whole chunk within one call of ${seconds} s; raise sendTimeoutSeconds`,
    { cause: error, origin: 'storage' },
  );
}

function tooSlowError({ record, movedBytes = 0, invocation }: SendContext): TransferError {
  const seconds = invocation.lengthMs / 1000;
  const rate = Math.round(movedBytes / seconds / 1000);
  return new TransferError(
    'ConnectionTooSlowError',
    `a chunk of ${record.session.chunkSizeBytes} bytes did not fit into one call of ${Math.round(seconds)} s (sendTimeoutSeconds): a single chunk moved at ${rate} kB/s`,
  );
}

function failureIn(
  { ports, invocation }: SendContext,
  item: RangeState,
  error: TransferError,
): RangeFailure {
  return rangeFailureOf(error, item, invocation, ports.clock.now());
}

/** One bad proof can cause a rejected report. ConfirmUpload finds that proof, so the error is not final. */
function reportFailureIn(
  context: SendContext,
  item: RangeState,
  error: TransferError | undefined,
): RangeFailure | undefined {
  if (!error) return undefined;
  const failure = failureIn(context, item, error);
  return errorMeans(error, 'requestRejected') ? { ...failure, disposition: 'retry' } : failure;
}

function logRangeWait(
  { ports, transfer }: SendContext,
  error: TransferError,
  waitSeconds: number,
): void {
  const { transferId } = transfer;
  logWait(ports, { transferId, step: 'SendChunks' }, error, waitSeconds);
}
