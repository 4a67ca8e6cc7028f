import { growingWaitSeconds } from '#src/core/errors/backoff.ts';
import { errorCatalogue, isTransferError, TransferError } from '#src/core/errors/errors.ts';
import { isTransient } from '#src/core/errors/recovery.ts';
import { maxMapConcurrency } from '#src/core/limits/limits.ts';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import type { ConfirmUploadAnswer } from '#src/core/stack/next-answers.ts';
import type { SessionStatus } from '#src/core/transfer/destination.ts';
import {
  provenCount,
  type RangeFailure,
  type TransferRecord,
} from '#src/core/transfer/transfer.ts';
import { renewSlot } from '#src/queue/slots.ts';
import { readOwnedTransfer, readUsableSession } from '#src/transfer/ownership.ts';
import { countRetry, retryCauseOf } from '#src/transfer/retry-counts.ts';
import { retryWithBackoff } from '#src/transfer/retry-with-backoff.ts';
import { isProvenComplete } from '#src/transfer/session-receipts.ts';
import { type Ending, type Owned, ownedSchema, readState } from '#src/transfer/state.ts';
import type { Invocation } from '#src/transfer/step.ts';
import {
  outageAfterSuccess,
  remainingWait,
  type WaitAnswer,
  waitOut,
} from '#src/transfer/wait-out.ts';
import {
  type ConfirmPorts,
  completeUpload,
  type UploadCheck,
  type UploadStatus,
} from './check-upload.ts';
import { finishUpload } from './finish-upload.ts';
import { repairChunks } from './repair-chunks.ts';

/** What ConfirmUpload makes the state. */
export type ConfirmAnswer =
  | (Owned & {
      readonly next: Exclude<ConfirmUploadAnswer, 'ended'>;
      readonly waitSeconds: number;
    })
  | (Owned & { readonly next: 'ended'; readonly waitSeconds: 0; readonly ending: Ending });

/**
 * Decides from the rows and the service whether all bytes have arrived. Chunks that lack a proof,
 * or that the service lost, are left to be planned again.
 * @throws the error that stopped a range for good, SourceChecksumMismatchError,
 *   UploadNotConfirmedError, FencedOutError
 */
export async function confirmUpload(
  ports: ConfirmPorts,
  state: unknown,
  invocation: Invocation,
): Promise<ConfirmAnswer> {
  const owned = readState(ownedSchema, state);
  const transfer = await readOwnedTransfer(ports, owned, invocation);
  // Checks go on without a slot. Missing chunks are sent only after the transfer has a slot again.
  await renewSlot(ports, transfer);
  const rest = remainingWait(ports, owned);
  if (rest) return { ...owned, ...rest };
  const record = await readUsableSession(ports, owned.transferId, owned.sessionNumber);
  const known = await withProgress(ports, owned);
  const look: UploadCheck = {
    ...{ ports, transfer, record, invocation, retries: {} },
    ...{ owned: known, page: owned.page },
  };
  const confirmed = await checkOnce(look);
  if (Object.keys(look.retries).length > 0)
    await ports.store.incrementRetries(owned.transferId, look.retries);
  return confirmed;
}

/** Chunks that were stored since an error was met are a success, so that error is over. */
async function withProgress({ store }: ConfirmPorts, owned: Owned): Promise<Owned> {
  if (!owned.outage) return owned;
  const rows = await store.chunks(owned.transferId, owned.sessionNumber);
  const counted = provenCount(rows);
  if (counted <= Math.max(owned.proven, owned.counted)) return owned;
  return { ...owned, counted, outage: undefined };
}

/** Waits out a transient error; the next look goes on at the page where this one was cut short. */
async function checkOnce(look: UploadCheck): Promise<ConfirmAnswer> {
  const { ports, transfer, owned } = look;
  try {
    const failures = await failuresOf(ports, owned, look.invocation);
    const fatal = failures.find(({ disposition }) => disposition === 'fail');
    if (fatal && !(await isCompleted(look))) return endBy(look, fatal);
    const named = failures.find(({ retryAt = 0 }) => retryAt > ports.clock.now());
    if (named) return { ...owned, ...waitFor(look, named) };
    return next(look, await judgeUpload(look), failures);
  } catch (error) {
    if (!isTransferError(error)) throw error;
    if (error.name === 'SourceSupersededError') return superseded(transfer, owned, error.message);
    if (error.name === 'SessionExpiredError') return next(look, 'expired', []);
    if (!isTransient(error)) throw error;
    countRetry(look, retryCauseOf(error));
    const waiter = { transferId: owned.transferId, step: 'ConfirmUpload' };
    return { ...owned, page: look.page, ...waitOut(ports, owned, error, waiter) };
  }
}

function endBy({ transfer, owned }: UploadCheck, { name, message }: RangeFailure): ConfirmAnswer {
  if (name === 'SourceSupersededError') return superseded(transfer, owned, message);
  throw new TransferError(name, message);
}

/** What went wrong in the ranges in this round. */
async function failuresOf(
  { store }: ConfirmPorts,
  { transferId, sessionNumber, round }: Owned,
  { executionId }: Invocation,
): Promise<RangeFailure[]> {
  const ranges = await store.ranges(transferId, sessionNumber);
  return ranges
    .map(({ error }) => error)
    .filter((error) => error !== undefined)
    .filter((error) => error.executionId === executionId && error.round === round);
}

/**
 * Whether the upload is complete in spite of an error: the reply to the last report may have been
 * lost, and a service may refuse to hear it twice.
 * @throws a transient error where the service can't be asked now, which is no answer
 */
async function isCompleted(look: UploadCheck): Promise<boolean> {
  const { ports, record, owned } = look;
  const { transferId } = owned;
  if (ports.destination.traits.finish === 'explicit') return false;
  const status = await statusOf(look).catch((error) => {
    if (isTransient(error)) throw error;
    return undefined;
  });
  if (status?.phase === 'completed') return true;
  if (status?.phase === 'expired')
    return isProvenComplete(ports, transferId, record, status.counts);
  return (status?.counts?.completed ?? 0) >= record.session.totalChunks;
}

function statusOf(look: UploadCheck): Promise<SessionStatus> {
  const { ports, record, invocation } = look;
  const { signal } = invocation;
  return retryWithBackoff(look, () => ports.destination.sessionStatus(record.session, { signal }));
}

async function judgeUpload(look: UploadCheck): Promise<UploadStatus> {
  const { destination } = look.ports;
  const status = await statusOf(look);
  if (status.phase === 'expired' || status.phase === 'failed') {
    if (await isDoneAnyway(look, status)) return completeUpload(look);
    logLostSession(look, status);
    return 'expired';
  }
  if (destination.traits.finish === 'explicit') return finishUpload(look);
  return status.phase === 'completed' ? completeUpload(look) : repairChunks(look, status);
}

function logLostSession({ ports, owned }: UploadCheck, { phase, reason }: SessionStatus): void {
  const { transferId } = owned;
  ports.log.warn('session can not go on', { transferId, phase, reason });
}

/**
 * Whether a session that is over has made its asset, or will. A new session would then make a second
 * asset. A session that the service no longer knows is complete if the receipts of its reports count
 * every chunk. Its asset then says what became of the bytes.
 */
async function isDoneAnyway(look: UploadCheck, { phase, counts }: SessionStatus): Promise<boolean> {
  const { ports, record, owned, invocation } = look;
  if (phase === 'expired' && (await isProvenComplete(ports, owned.transferId, record, counts)))
    return true;
  const { assetId } = record.session;
  if (!assetId) return false;
  const { signal } = invocation;
  const ask = () => ports.destination.assetStatus(assetId, { signal });
  const asset = await retryWithBackoff(look, ask);
  return asset.phase === 'ready';
}

function next(
  look: UploadCheck,
  verdict: UploadStatus,
  failures: readonly RangeFailure[],
): ConfirmAnswer {
  const { ports, owned } = look;
  const now = ports.clock.now();
  const calm = { ...owned, page: undefined };
  if (verdict === 'asset') {
    return { ...calm, outage: undefined, polls: 0, since: now, next: 'asset', waitSeconds: 0 };
  }
  if (verdict === 'busy') return busy(calm, now);
  if (verdict === 'missing') return sendAgain(look, calm, failures);
  return { ...calm, polls: 0, next: verdict, waitSeconds: growingWaitSeconds(owned.round - 1) };
}

/** Each wait for a service that is still busy is longer than the one before. */
function busy(owned: Owned, now: number): ConfirmAnswer {
  const since = owned.polls === 0 ? now : owned.since;
  if (now - since > boundOf('confirmation') * 1000) {
    throw new TransferError(
      'UploadNotConfirmedError',
      `all chunks of transfer ${owned.transferId} are reported, but it is not completed after ${boundOf('confirmation')} s`,
    );
  }
  const waitSeconds = growingWaitSeconds(owned.polls);
  const polls = owned.polls + 1;
  return { ...owned, outage: undefined, polls, since, next: 'wait', waitSeconds };
}

/** What stopped the ranges is waited out before they are planned again. */
function sendAgain(
  look: UploadCheck,
  owned: Owned,
  failures: readonly RangeFailure[],
): ConfirmAnswer {
  const outage = outageAfterSuccess('ConfirmUpload', owned.outage);
  const again = { ...owned, outage, senders: sendersAfter(owned, failures), polls: 0 };
  const failure = failures.find(isWaitedOut);
  if (!failure)
    return { ...again, next: 'missing', waitSeconds: growingWaitSeconds(owned.round - 1) };
  return { ...again, ...waitFor({ ...look, owned: again }, failure), next: 'missing' };
}

/** Half as many ranges at once after a round that was too slow for them, else twice as many again. */
function sendersAfter(
  { concurrency = 2, senders }: Owned,
  failures: readonly RangeFailure[],
): number | undefined {
  const isSlow = failures.some(({ name }) => name === 'LineTooSlowError');
  if (isSlow) return Math.max(1, Math.floor(concurrency / 2));
  return senders && Math.min(maxMapConcurrency, senders * 2);
}

/**
 * A session that is over, a lost slot, a pause, a refused report and a line that is too slow for so many
 * ranges need no wait. Nor does the table: this step has just read it.
 */
function isWaitedOut({ name, origin }: RangeFailure): boolean {
  const { scope, disposition } = errorCatalogue[name];
  if (name === 'TableUnavailableError') return false;
  if (disposition !== 'renew') return disposition === 'retry';
  return scope === 'chunk' || (scope === 'session' && origin === 'storage');
}

function waitFor({ ports, owned, transfer }: UploadCheck, failure: RangeFailure): WaitAnswer {
  const { waitWhileDeniedSeconds: deniedSeconds } = transfer.source;
  const waiter = { transferId: owned.transferId, step: 'SendChunks', deniedSeconds };
  return waitOut(ports, owned, transientOf(failure, ports.clock.now()), waiter);
}

/** The service knows the session, so an upload host that does not know it refuses the chunk. */
function transientOf({ name, message, origin, retryAt }: RangeFailure, now: number): TransferError {
  const isRefusal = name === 'SessionExpiredError';
  const retryAfterSeconds = retryAt && Math.max(0, (retryAt - now) / 1000);
  const options = { origin, ...(retryAfterSeconds && { retryAfterSeconds }) };
  return new TransferError(isRefusal ? 'PresignedUrlRejectedError' : name, message, options);
}

function superseded({ source }: TransferRecord, owned: Owned, why: string): ConfirmAnswer {
  const { bucket, key, versionId, etag } = source;
  const ending = {
    status: 'superseded' as const,
    transferId: owned.transferId,
    bucket,
    key,
    versionId,
    etag,
    why,
  };
  return { ...owned, next: 'ended', waitSeconds: 0, ending };
}
