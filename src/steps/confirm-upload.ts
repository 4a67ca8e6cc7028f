import { throttledWaitSeconds } from '#src/core/backoff.ts';
import { isTransferError, TransferError } from '#src/core/errors.ts';
import { maxConfirmSeconds } from '#src/core/limits.ts';
import type { RangeFailure, TransferRecord } from '#src/core/transfer.ts';
import { finishUpload } from './finish-upload.ts';
import { arrived, type ConfirmPorts, type Look, type Verdict } from './look.ts';
import { ownedTransfer, usableSession } from './ownership.ts';
import { reconcileChunks } from './reconcile-chunks.ts';
import { causeOf, countRetry } from './retries.ts';
import { type Ending, type Owned, ownedSchema, readState } from './state.ts';
import type { Invocation } from './step.ts';
import { keepTurn } from './turns.ts';

/** What ConfirmUpload makes the state. */
export type Confirmed =
  | (Owned & {
      readonly next: 'wait' | 'missing' | 'expired' | 'asset';
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
): Promise<Confirmed> {
  const owned = readState(ownedSchema, state);
  const transfer = await ownedTransfer(ports, owned, invocation);
  // Looking goes on without a turn; what is missing is sent only after waiting in line again.
  await keepTurn(ports, transfer);
  const record = await usableSession(ports, owned.transferId, owned.sessionNumber);
  const look = { ports, transfer, record, owned, invocation, retries: {} };
  const failures = await failuresOf(ports, owned, invocation);
  const fatal = failures.find(({ disposition }) => disposition === 'fail');
  const completed = fatal && (await isCompleted(look));
  if (isTransferError(completed)) return next(look, { verdict: 'wait', ...pauseOf(completed) });
  if (fatal && !completed) {
    if (fatal.name !== 'SourceSupersededError') throw new TransferError(fatal.name, fatal.message);
    return superseded(transfer, owned, fatal.message);
  }
  const pauseMs = Math.max(0, ...failures.map(({ retryAt = 0 }) => retryAt - ports.clock.now()));
  if (pauseMs > 0) return next(look, { verdict: 'wait', retryAfterSeconds: pauseMs / 1000 });
  const verdict = await lookOnce(look);
  if ('superseded' in verdict) return superseded(transfer, owned, verdict.superseded);
  if (Object.keys(look.retries).length > 0)
    await ports.store.countRetries(owned.transferId, look.retries);
  return next(look, verdict);
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
 * @returns a ThrottledError where the service can't be asked just now, which is no answer
 */
async function isCompleted({ ports, record, invocation }: Look): Promise<boolean | TransferError> {
  if (ports.destination.traits.finish === 'explicit') return false;
  const { signal } = invocation;
  const status = await ports.destination
    .sessionStatus(record.session, { signal })
    .catch((error) => (isTransferError(error, 'ThrottledError') ? error : undefined));
  if (isTransferError(status)) return status;
  if (status?.phase === 'completed') return true;
  return (status?.counts?.completed ?? 0) >= record.session.totalChunks;
}

function pauseOf({ retryAfterSeconds }: TransferError) {
  return { retryAfterSeconds };
}

async function lookOnce(
  look: Look,
): Promise<{ verdict: Verdict; retryAfterSeconds?: number | undefined } | { superseded: string }> {
  try {
    return { verdict: await judgeUpload(look) };
  } catch (error) {
    if (!isTransferError(error)) throw error;
    if (error.name === 'SourceSupersededError') return { superseded: error.message };
    if (error.name === 'SessionExpiredError') return { verdict: 'expired' };
    if (error.disposition !== 'retry' || error.name === 'TableUnavailableError') throw error;
    countRetry(look, causeOf(error));
    return { verdict: 'wait', retryAfterSeconds: error.retryAfterSeconds };
  }
}

async function judgeUpload(look: Look): Promise<Verdict> {
  const { ports, record, invocation } = look;
  const { destination } = ports;
  const status = await destination.sessionStatus(record.session, { signal: invocation.signal });
  const isOver = status.phase === 'expired' || status.phase === 'failed';
  if (isOver && !(await isReadyAnyway(look))) {
    ports.log.warn('session can not go on', {
      transferId: look.owned.transferId,
      phase: status.phase,
      reason: status.reason,
    });
    return 'expired';
  }
  if (destination.traits.finish === 'explicit') return finishUpload(look);
  return status.phase === 'active' ? reconcileChunks(look, status) : arrived(look);
}

/** A session that the service forgot may have made its asset: then a new one would be a second. */
async function isReadyAnyway({ ports, record, invocation }: Look): Promise<boolean> {
  const { assetId } = record.session;
  if (!assetId) return false;
  const asset = await ports.destination.assetStatus(assetId, { signal: invocation.signal });
  return asset.phase === 'ready';
}

function next(
  { ports, owned }: Look,
  { verdict, retryAfterSeconds }: { verdict: Verdict; retryAfterSeconds?: number | undefined },
): Confirmed {
  const now = ports.clock.now();
  if (verdict === 'asset') return { ...owned, polls: 0, since: now, next: 'asset', waitSeconds: 0 };
  const since = owned.polls === 0 ? now : owned.since;
  if (verdict === 'wait' && now - since > maxConfirmSeconds * 1000) {
    throw new TransferError(
      'UploadNotConfirmedError',
      `all chunks of transfer ${owned.transferId} are reported, but it is not completed after ${maxConfirmSeconds} s`,
    );
  }
  const polls = verdict === 'wait' ? owned.polls : owned.round - 1;
  const waitSeconds = throttledWaitSeconds(polls, retryAfterSeconds);
  const looks = verdict === 'wait' ? owned.polls + 1 : 0;
  return { ...owned, polls: looks, since, next: verdict, waitSeconds };
}

function superseded({ source }: TransferRecord, owned: Owned, why: string): Confirmed {
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
