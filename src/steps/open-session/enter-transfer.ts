import { endAsQueued } from '#src/admission/join-queue.ts';
import { canBeWaitedOut } from '#src/core/errors/retry-rules.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { identityOf } from '#src/core/transfer/destination.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { wasClosedByReconciler } from '#src/outcome/ended-outside.ts';
import { abortIfGivenUp } from '#src/step-support/abort-upload.ts';
import { fencedOutError, readOwnedTransfer } from '#src/step-support/ownership.ts';
import {
  type DispatchedStart,
  dispatchedSchema,
  type Ending,
  type Inspected,
  inspectedSchema,
  type Owned,
  ownedSchema,
  readState,
} from '#src/step-support/state.ts';
import type { Invocation, Needs } from '#src/step-support/step.ts';
import { remainingWait, waitOut } from '#src/step-support/wait-out.ts';
import { takeQueued } from './take-queued.ts';
import { takeTransfer } from './take-transfer.ts';

type EnterPorts = Needs<'store' | 'queue' | 'destination' | 'executions'>;

/** A transfer that this execution owns. */
export interface EnteredTransfer {
  readonly transfer: TransferRecord;
  readonly owned: Owned;
  /** True if this call took the transfer. Its session may then be left from an earlier execution. */
  readonly isNewOwner: boolean;
  /** True if the dispatcher started the execution for this transfer, and this call took it. */
  readonly isDispatched: boolean;
}

/** A start that owns no transfer yet: the service asked for a wait. */
export type OpenSessionPostponed = (Inspected | DispatchedStart) & {
  readonly next: 'wait';
  readonly waitSeconds: number;
};

/** Takes the transfer on the first call of an execution, and reads it on later calls. */
export async function enterTransfer(
  ports: EnterPorts,
  state: unknown,
  invocation: Invocation,
): Promise<EnteredTransfer | OpenSessionPostponed | { ending: Ending }> {
  if (typeof state === 'object' && state !== null && 'transferId' in state)
    return reenter(ports, readState(ownedSchema, state), invocation);
  const start = readStart(state);
  const rest = remainingWait(ports, start);
  if (rest) return { ...start, ...rest };
  try {
    return await enterFirst(ports, start, invocation);
  } catch (error) {
    if (!canBeWaitedOut(error)) throw error;
    return { ...start, ...waitOut(ports, start, error, { step: 'OpenSession' }) };
  }
}

async function reenter(
  ports: EnterPorts,
  owned: Owned,
  invocation: Invocation,
): Promise<EnteredTransfer | { ending: Ending }> {
  const transfer = await abortIfGivenUp(ports, owned, invocation, () =>
    readOwnedTransfer(ports, owned, invocation),
  );
  if (transfer.state === 'queued') return { ending: await endAsQueued(ports, transfer) };
  return { transfer: await reopen(ports, transfer), owned, isNewOwner: false, isDispatched: false };
}

async function enterFirst(
  ports: EnterPorts,
  start: Inspected | DispatchedStart,
  invocation: Invocation,
): Promise<EnteredTransfer | { ending: Ending }> {
  const isDispatched = 'dispatched' in start;
  const result = isDispatched
    ? await takeQueued(ports, start, invocation)
    : await takeTransfer(ports, start, invocation);
  if ('ending' in result) return result;
  assertOwnDestination(ports, result.taken);
  const owned = initialState(result.taken, ports.clock.now());
  return { transfer: await reopen(ports, result.taken), owned, isNewOwner: true, isDispatched };
}

/**
 * A queued transfer starts with the functions of the present deployment. After a change of the destination,
 * its id and its session belong to the earlier destination.
 * @throws DestinationChangedError
 */
function assertOwnDestination(
  { destination }: EnterPorts,
  { transferId, ...row }: TransferRecord,
): void {
  const present = identityOf(destination, row.options);
  if (row.destination === present) return;
  throw new TransferError(
    'DestinationChangedError',
    `Transfer ${transferId} was queued for ${JSON.stringify(row.destination)}; the present destination is ${JSON.stringify(present)}.`,
  );
}

function readStart(state: unknown): Inspected | DispatchedStart {
  const isDispatched = typeof state === 'object' && state !== null && 'dispatched' in state;
  return isDispatched ? readState(dispatchedSchema, state) : readState(inspectedSchema, state);
}

/**
 * Makes a transfer active again after its execution was redriven, if its end was recorded from outside.
 * Any other end is final: a late second call of this step must not undo it.
 * @throws FencedOutError - the end is final, or the row changed
 */
async function reopen(
  { store, clock }: EnterPorts,
  transfer: TransferRecord,
): Promise<TransferRecord> {
  const { transferId, fence, state, outcome } = transfer;
  if (state === 'active') return transfer;
  const isEnded = state === 'failed' || state === 'cancelled';
  if (!isEnded || !wasClosedByReconciler(outcome)) throw fencedOutError(transferId, transfer.owner);
  const patch = { state: 'active', outcome: undefined, outcomePublished: false } as const;
  const isWritten = await store.patchTransfer(transferId, fence, patch, clock.now(), { state });
  if (!isWritten) throw fencedOutError(transferId, undefined);
  return { ...transfer, ...patch };
}

function initialState(
  { transferId, source, fence, sessionNumber }: TransferRecord,
  now: number,
): Owned {
  return {
    transferId,
    bucket: source.bucket,
    key: source.key,
    fence,
    sessionNumber,
    round: 0,
    planned: 0,
    calls: 0,
    sessionsOpened: 0,
    createsLost: 0,
    polls: 0,
    phaseStartedAt: now,
    proven: 0,
    provenAtError: 0,
    probes: 0,
  };
}
