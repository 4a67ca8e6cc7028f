import { TransferError } from '#src/core/errors/errors.ts';
import { leaseRenewalSeconds, leaseSeconds } from '#src/core/limits/limits.ts';
import type { UploadSession } from '#src/core/transfer/destination.ts';
import {
  isCancelledByRequest,
  isOver,
  type SessionRecord,
  type TransferRecord,
} from '#src/core/transfer/transfer.ts';
import type { Invocation, Needs } from './step.ts';

/** When a lease taken or renewed now runs out. */
export function leaseEndFrom(now: number): number {
  return now + leaseSeconds * 1000;
}

/**
 * Returns the transfer's row, if this execution still owns it by that fence, and renews its lease, at
 * most once a minute.
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
  if (transfer.leaseUntil - now > (leaseSeconds - leaseRenewalSeconds) * 1000) return transfer;
  const renewed = await store.patchTransfer(
    state.transferId,
    state.fence,
    { leaseUntil: leaseEndFrom(now) },
    now,
  );
  if (!renewed) throw fencedOutError(state.transferId, undefined);
  return transfer;
}

/** The error of a transfer that an operator cancelled. */
function cancelledError({ transferId }: TransferRecord): TransferError {
  return new TransferError('TransferCancelledError', `transfer ${transferId} was cancelled`);
}

/** Why a write of this transfer was refused: it was cancelled, or has another owner by now. */
export async function ownershipLostError(
  { store }: Pick<Needs<'store'>, 'store'>,
  { transferId }: Pick<TransferRecord, 'transferId'>,
): Promise<TransferError> {
  const row = await store.transfer(transferId);
  return row && isCancelledByRequest(row)
    ? cancelledError(row)
    : fencedOutError(transferId, row?.owner);
}

/** Clocks of Lambda and Step Functions differ by less than this, in ms. */
const maxClockSkewMs = 5_000;

/**
 * True if another execution has made the transfer ready, or has taken it or renewed its lease since
 * this one started. An owner that has been silent since before then may have ended before this
 * execution went for the transfer, and reports nothing in its place: report twice rather than never.
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

/** The error of an execution that lost its transfer. */
export function fencedOutError(transferId: string, owner: string | undefined): TransferError {
  return new TransferError(
    'FencedOutError',
    `transfer ${transferId} is owned by ${owner ?? 'another execution'} now`,
  );
}

/** A session that can be sent to: its row with create's answer. */
export type UsableSession = SessionRecord & { readonly session: UploadSession };

/**
 * The session that the state names.
 * @throws SessionExpiredError - its row has no upload session: it was never opened, or lost
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
