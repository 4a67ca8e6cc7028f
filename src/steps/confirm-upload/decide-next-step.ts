import { growingWaitSeconds } from '#src/core/errors/backoff.ts';
import { errorCatalogue } from '#src/core/errors/error-lookup.ts';
import { nameMeans } from '#src/core/errors/error-meanings.ts';
import { asTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import { maxMapConcurrency } from '#src/core/limits/limits.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { RangeFailure } from '#src/core/transfer/upload-rows.ts';
import type { Ending, Owned } from '#src/step-support/state.ts';
import { errorOfStep } from '#src/step-support/step-failure.ts';
import { outageAfterSuccess, type WaitAnswer, waitOut } from '#src/step-support/wait-out.ts';
import type { UploadCheck, UploadStatus } from './check-upload.ts';
import type { ContinuedRanges } from './continue-ranges.ts';

/** What ConfirmUpload answers: the state after one check, or the end of the execution. */
export type ConfirmUploadResult =
  | (Owned & {
      readonly next: 'wait' | 'missing' | 'expired' | 'asset' | 'dispatch';
      readonly waitSeconds: number;
    })
  | (Owned & ContinuedRanges)
  | (Owned & { readonly next: 'ended'; readonly waitSeconds: 0; readonly ending: Ending });

/**
 * Decides what follows from the status of an upload.
 * @throws UploadNotConfirmedError - the service has been busy for too long
 */
export function decideNextStep(
  check: UploadCheck,
  status: UploadStatus,
  failures: readonly RangeFailure[],
): ConfirmUploadResult {
  const now = check.ports.clock.now();
  const owned = { ...check.owned, page: undefined };
  if (status === 'asset')
    return {
      ...owned,
      outage: undefined,
      polls: 0,
      phaseStartedAt: now,
      next: 'asset',
      waitSeconds: 0,
    };
  if (status === 'busy') return waitForService(owned, now);
  if (status === 'missing') return sendMissing(check, owned, failures);
  return { ...owned, polls: 0, next: status, waitSeconds: growingWaitSeconds(owned.round - 1) };
}

/** Waits for a service that is still busy, longer each time. */
function waitForService(owned: Owned, now: number): ConfirmUploadResult {
  const phaseStartedAt = owned.polls === 0 ? now : owned.phaseStartedAt;
  if (now - phaseStartedAt > boundOf('confirmation') * 1000) {
    throw new TransferError(
      'UploadNotConfirmedError',
      `all chunks of transfer ${owned.transferId} are reported, but the service has not completed the upload after ${boundOf('confirmation')} s`,
    );
  }
  const waitSeconds = growingWaitSeconds(owned.polls);
  const polls = owned.polls + 1;
  return { ...owned, outage: undefined, polls, phaseStartedAt, next: 'wait', waitSeconds };
}

/** Plans the missing chunks again, after a wait if an error stopped their ranges. */
function sendMissing(
  check: UploadCheck,
  owned: Owned,
  failures: readonly RangeFailure[],
): ConfirmUploadResult {
  const outage = outageAfterSuccess('ConfirmUpload', owned.outage);
  const planned = { ...owned, outage, maxRangesAtOnce: maxRangesAfter(owned, failures), polls: 0 };
  const failure = failures.find(needsWait);
  if (!failure)
    return { ...planned, next: 'missing', waitSeconds: growingWaitSeconds(owned.round - 1) };
  return { ...planned, ...waitForRange({ ...check, owned: planned }, failure), next: 'missing' };
}

/** Halves the ranges in flight after a round in which the connection was too slow, else doubles them. */
function maxRangesAfter(
  { rangesAtOnce = 2, maxRangesAtOnce }: Owned,
  failures: readonly RangeFailure[],
): number | undefined {
  const isTooSlow = failures.some(({ name }) => nameMeans(name, 'connectionTooSlow'));
  if (isTooSlow) return Math.max(1, Math.floor(rangesAtOnce / 2));
  return maxRangesAtOnce && Math.min(maxMapConcurrency, maxRangesAtOnce * 2);
}

/**
 * True if the error needs a wait before the next plan. Not needed: a lost session or slot, a postponed
 * call, a rejected report, a connection too slow for so many ranges, and an error of the table, which
 * this step has just read.
 */
function needsWait({ name, origin }: RangeFailure): boolean {
  const { scope, disposition } = errorCatalogue[name];
  if (nameMeans(name, 'retriedByStateMachine')) return false;
  if (disposition !== 'renew') return disposition === 'retry';
  return scope === 'chunk' || (scope === 'session' && origin === 'storage');
}

/**
 * Waits out the error of a range.
 * @throws the final error of SendChunks, once a bound is reached
 */
export function waitForRange(
  { ports, owned, transfer }: UploadCheck,
  failure: RangeFailure,
): WaitAnswer {
  const { waitWhileDeniedSeconds: deniedSeconds } = transfer.source;
  const subject = { transferId: owned.transferId, step: 'SendChunks', deniedSeconds };
  try {
    return waitOut(ports, owned, transientErrorOf(failure, ports.clock.now()), subject);
  } catch (error) {
    throw errorOfStep('SendChunks', asTransferError(error));
  }
}

/** The service knows the session. An upload host that does not know it rejects only the chunk. */
function transientErrorOf(
  { name, message, origin, retryAt }: RangeFailure,
  now: number,
): TransferError {
  const isRejectedChunk = nameMeans(name, 'sessionLost');
  const retryAfterSeconds = retryAt && Math.max(0, (retryAt - now) / 1000);
  const options = { origin, ...(retryAfterSeconds && { retryAfterSeconds }) };
  return new TransferError(isRejectedChunk ? 'PresignedUrlRejectedError' : name, message, options);
}

/** Ends the execution: the object changed during the transfer, and its new content has its own transfer. */
export function endSuperseded(
  { source }: TransferRecord,
  owned: Owned,
  why: string,
): ConfirmUploadResult {
  const { bucket, key, versionId, etag } = source;
  const { transferId } = owned;
  const ending = { status: 'superseded', transferId, bucket, key, versionId, etag, why } as const;
  return { ...owned, next: 'ended', waitSeconds: 0, ending };
}
