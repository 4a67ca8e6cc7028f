import { isAnyQueued, renewSlot } from '#src/admission/slots.ts';
import { errorMeans, nameMeans } from '#src/core/errors/error-meanings.ts';
import { canBeWaitedOut } from '#src/core/errors/retry-rules.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { SessionStatus } from '#src/core/transfer/destination.ts';
import { provenCount, type RangeFailure } from '#src/core/transfer/upload-rows.ts';
import { abortIfGivenUp } from '#src/step-support/abort-upload.ts';
import { assertFinishUnclaimed } from '#src/step-support/finish-claim.ts';
import { readOwnedTransfer, readUsableSession } from '#src/step-support/ownership.ts';
import { countRetry, retryCauseOf } from '#src/step-support/retry-counts.ts';
import { retryWithBackoff } from '#src/step-support/retry-with-backoff.ts';
import { isProvenComplete } from '#src/step-support/session-completeness.ts';
import { type Owned, ownedSchema, readState } from '#src/step-support/state.ts';
import type { Invocation } from '#src/step-support/step.ts';
import { errorOfStep } from '#src/step-support/step-failure.ts';
import { remainingWait, waitOut } from '#src/step-support/wait-out.ts';
import {
  type ConfirmPorts,
  recordCompletion,
  type UploadCheck,
  type UploadStatus,
} from './check-upload.ts';
import { continueRanges, countCalls } from './continue-ranges.ts';
import {
  type ConfirmUploadResult,
  decideNextStep,
  endSuperseded,
  waitForRange,
} from './decide-next-step.ts';
import { finishUpload } from './finish-upload.ts';
import { isOfOneRange, type RangeErrorRecorded, recordRangeError } from './record-range-error.ts';
import { repairChunks } from './repair-chunks.ts';

/**
 * Decides from the rows and the service whether all bytes have arrived. Chunks without a proof, or
 * lost by the service, are planned again. Ranges that need further calls are sent first. A call for one
 * range whose sender ended without an answer records that.
 * @throws the final error of a range, SourceChecksumMismatchError, UploadNotConfirmedError,
 *   FencedOutError
 */
export async function confirmUpload(
  ports: ConfirmPorts,
  state: unknown,
  invocation: Invocation,
): Promise<ConfirmUploadResult | RangeErrorRecorded> {
  if (isOfOneRange(state)) return recordRangeError(ports, state, invocation);
  const owned = countCalls(readState(ownedSchema, state), state);
  return abortIfGivenUp(ports, owned, invocation, () =>
    confirmOwned(ports, state, owned, invocation),
  );
}

async function confirmOwned(
  ports: ConfirmPorts,
  state: unknown,
  owned: Owned,
  invocation: Invocation,
): Promise<ConfirmUploadResult> {
  const transfer = await readOwnedTransfer(ports, owned, invocation);
  // Checks go on without a slot. Missing chunks are sent only after the transfer has a slot again.
  await renewSlot(ports, transfer);
  const continued = continueRanges(ports, owned, state, invocation);
  if (continued) return { ...owned, ...continued };
  const rest = remainingWait(ports, owned);
  if (rest) return { ...owned, ...rest };
  const record = await readUsableSession(ports, owned.transferId, owned.sessionNumber);
  const check: UploadCheck = {
    ...{ ports, transfer, record, invocation, retries: {} },
    ...{ owned: await clearEndedOutage(ports, owned), page: owned.page },
  };
  const answer = await confirmOnce(check);
  if (Object.keys(check.retries).length > 0)
    await ports.store.incrementRetries(owned.transferId, check.retries);
  return answer;
}

/** Removes the outage from the state if chunks were stored since it began. */
async function clearEndedOutage({ store }: ConfirmPorts, owned: Owned): Promise<Owned> {
  if (!owned.outage) return owned;
  const rows = await store.chunks(owned.transferId, owned.sessionNumber);
  const provenAtError = provenCount(rows);
  if (provenAtError <= Math.max(owned.proven, owned.provenAtError)) return owned;
  return { ...owned, provenAtError, outage: undefined };
}

/** Checks the upload once. Waits out a transient error; the next check continues at the same page. */
async function confirmOnce(check: UploadCheck): Promise<ConfirmUploadResult> {
  try {
    const failures = await readFailures(check);
    const final = failures.find(({ disposition }) => disposition === 'fail');
    if (final && !(await isCompleted(check))) return endWith(check, final);
    const { clock } = check.ports;
    const postponed = failures.find(({ retryAt = 0 }) => retryAt > clock.now());
    if (postponed) return { ...check.owned, ...waitForRange(check, postponed) };
    const answer = decideNextStep(check, await checkUpload(check), failures);
    return answer.next === 'asset' ? { ...answer, next: await afterUpload(check) } : answer;
  } catch (error) {
    return answerError(check, error);
  }
}

/** The slot is free. A state of its own starts queued transfers, if there are any. */
async function afterUpload({ ports }: UploadCheck): Promise<'asset' | 'dispatch'> {
  return (await isAnyQueued(ports)) ? 'dispatch' : 'asset';
}

/** @throws an error that is neither transient nor an answer about the session or the source */
function answerError(check: UploadCheck, error: unknown): ConfirmUploadResult {
  const { ports, transfer, owned } = check;
  if (errorMeans(error, 'sourceSuperseded')) return endSuperseded(transfer, owned, error.message);
  if (errorMeans(error, 'sessionLost')) return decideNextStep(check, 'expired', []);
  if (!canBeWaitedOut(error)) throw error;
  countRetry(check, retryCauseOf(error));
  const subject = { transferId: owned.transferId, step: 'ConfirmUpload' };
  return { ...owned, page: check.page, ...waitOut(ports, owned, error, subject) };
}

function endWith(
  { transfer, owned }: UploadCheck,
  { name, message }: RangeFailure,
): ConfirmUploadResult {
  if (nameMeans(name, 'sourceSuperseded')) return endSuperseded(transfer, owned, message);
  throw errorOfStep('SendChunks', new TransferError(name, message));
}

/** Returns the errors of the ranges in this round. */
async function readFailures({ ports, owned, invocation }: UploadCheck): Promise<RangeFailure[]> {
  const { transferId, sessionNumber, round } = owned;
  const ranges = await ports.store.ranges(transferId, sessionNumber);
  return ranges
    .map(({ error }) => error)
    .filter((error) => error !== undefined)
    .filter((error) => error.executionId === invocation.executionId && error.round === round);
}

/**
 * True if the upload is complete in spite of a final error. The reply to the last report may have been
 * lost, and a service may reject the same report when it is repeated.
 * @throws a transient error, if the service cannot be asked now
 */
async function isCompleted(check: UploadCheck): Promise<boolean> {
  const { ports, record, owned } = check;
  if (ports.destination.traits.finish === 'explicit') return false;
  const status = await readStatus(check).catch((error) => {
    if (canBeWaitedOut(error)) throw error;
    return undefined;
  });
  if (status?.phase === 'completed') return true;
  if (status?.phase === 'expired')
    return isProvenComplete(ports, owned.transferId, record, status.counts);
  return (status?.counts?.completed ?? 0) >= record.session.totalChunks;
}

function readStatus(check: UploadCheck): Promise<SessionStatus> {
  const { ports, record, invocation } = check;
  const { signal } = invocation;
  return retryWithBackoff(check, () => ports.destination.sessionStatus(record.session, { signal }));
}

async function checkUpload(check: UploadCheck): Promise<UploadStatus> {
  const { traits } = check.ports.destination;
  assertFinishUnclaimed(check.record);
  const status = await readStatus(check);
  if (status.phase === 'expired' || status.phase === 'failed') {
    if (await hasAsset(check, status)) return recordCompletion(check);
    logLostSession(check, status);
    return 'expired';
  }
  if (traits.finish === 'explicit') return finishUpload(check);
  return status.phase === 'completed' ? recordCompletion(check) : repairChunks(check, status);
}

function logLostSession({ ports, owned }: UploadCheck, { phase, reason }: SessionStatus): void {
  const { transferId } = owned;
  ports.log.warn('upload session lost', { transferId, phase, reason });
}

/**
 * True if a session that ended has made its asset, or will make it. A new session would then make a
 * second asset. A session that the service no longer knows is complete if the receipts of its reports
 * cover every chunk; its asset then shows whether the bytes are usable.
 */
async function hasAsset(check: UploadCheck, { phase, counts }: SessionStatus): Promise<boolean> {
  const { ports, record, owned, invocation } = check;
  if (phase === 'expired' && (await isProvenComplete(ports, owned.transferId, record, counts)))
    return true;
  const { assetId } = record.session;
  if (!assetId) return false;
  const { signal } = invocation;
  const read = () => ports.destination.assetStatus(assetId, { signal });
  return (await retryWithBackoff(check, read)).phase === 'ready';
}
