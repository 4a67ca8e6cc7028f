import { TransferError } from '#src/core/errors/transfer-error.ts';
import { leaseRenewalSeconds, leaseSeconds } from '#src/core/limits/limits.ts';
import type { UploadSession } from '#src/core/transfer/destination.ts';
import {
  isCancelledByRequest,
  isOver,
  type TransferRecord,
} from '#src/core/transfer/transfer-row.ts';
import type { SessionRecord } from '#src/core/transfer/upload-rows.ts';
import type { Invocation, Needs } from './step.ts';

/** Returns the end of a lease that is taken or renewed now, in milliseconds since 1970. */
export function leaseEndFrom(now: number): number {
  return now + leaseSeconds * 1000;
}

/** True once a minute: the lease, and the slot with it, is renewed no more often. */
export function isRenewalDue(
  { leaseUntil }: Pick<TransferRecord, 'leaseUntil'>,
  now: number,
): boolean {
  return leaseUntil - now <= (leaseSeconds - leaseRenewalSeconds) * 1000;
}

/**
 * Returns the transfer's row if this execution still owns it under that fence. Renews the lease at most
 * once a minute.
 * @throws FencedOutError - another execution owns it
 * @throws TransferCancelledError - an operator cancelled it
 */
export async function readOwnedTransfer(
  { store, clock }: Needs<'store'>,
  state: { readonly transferId: string; readonly fence: number },
  invocation: Invocation,
): Promise<TransferRecord> {
  const transfer = await store.transfer(state.transferId);
  if (transfer?.fence !== state.fence || transfer.owner !== invocation.executionId) {
    throw fencedOutError(state.transferId, transfer?.owner);
  }
  if (isCancelledByRequest(transfer)) throw cancelledError(transfer);
  const now = clock.now();
  if (transfer.state === 'queued') return transfer;
  if (!isRenewalDue(transfer, now)) return transfer;
  const renewed = await store.patchTransfer(
    state.transferId,
    state.fence,
    { leaseUntil: leaseEndFrom(now) },
    now,
  );
  if (!renewed) throw fencedOutError(state.transferId, undefined);
  return transfer;
}

/** Returns the error of a transfer that an operator cancelled. */
function cancelledError({ transferId }: TransferRecord): TransferError {
  return new TransferError('TransferCancelledError', `transfer ${transferId} was cancelled`);
}

/** Returns the reason why a write of this transfer failed: a cancel, or another owner. */
export async function ownershipLostError(
  { store }: Pick<Needs<'store'>, 'store'>,
  { transferId }: Pick<TransferRecord, 'transferId'>,
): Promise<TransferError> {
  const row = await store.transfer(transferId);
  return row && isCancelledByRequest(row)
    ? cancelledError(row)
    : fencedOutError(transferId, row?.owner);
}

/** Upper bound of the difference between the clocks of Lambda and Step Functions, in ms. */
const maxClockSkewMs = 5_000;

/**
 * True if another execution owns the transfer: it made the transfer ready, or it took or renewed the
 * lease after this execution started. An owner without a renewal since then may have ended, and reports
 * nothing; report twice rather than never.
 */
export function isOwnedByAnother(
  { state, owner, leaseUntil }: TransferRecord,
  { executionId, executionStartedAt }: Pick<Invocation, 'executionId' | 'executionStartedAt'>,
): boolean {
  if (owner === executionId) return false;
  const renewedAt = leaseUntil - leaseSeconds * 1000;
  const isHeldSince = !isOver(state) && renewedAt > executionStartedAt + maxClockSkewMs;
  return state === 'ready' || isHeldSince;
}

/** Returns the error of an execution that lost its transfer. */
export function fencedOutError(transferId: string, owner: string | undefined): TransferError {
  return new TransferError(
    'FencedOutError',
    `transfer ${transferId} is now owned by ${owner ?? 'another execution'}`,
  );
}

/** A session that accepts chunks: its row contains the reply to the create request. */
export type UsableSession = SessionRecord & {
  readonly session: UploadSession;
  readonly rangeCount: number;
};

/**
 * Returns the session that the state names.
 * @throws SessionExpiredError - its row has no upload session: it was never opened, or its reply was lost
 */
export async function readUsableSession(
  { store }: Needs<'store'>,
  transferId: string,
  number: number,
): Promise<UsableSession> {
  const record = await store.session(transferId, number);
  if (record?.session) return record as UsableSession;
  throw new TransferError(
    'SessionExpiredError',
    `session ${number} of transfer ${transferId} was never opened`,
  );
}
