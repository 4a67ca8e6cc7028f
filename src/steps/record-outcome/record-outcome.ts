import type * as z from 'zod/mini';
import { type ErrorName, isTransferError } from '#src/core/errors/errors.ts';
import {
  isCancelledByRequest,
  type TransferRecord,
  type TransferState,
} from '#src/core/transfer/transfer.ts';
import type { TransferPatch } from '#src/core/transfer/transfer-store.ts';
import { queuedEnding } from '#src/queue/join-queue.ts';
import { releaseSlotOrTicket } from '#src/queue/slots.ts';
import { type Failure, readFailure } from '#src/transfer/failure.ts';
import { describeOutcome, type Outcome } from '#src/transfer/outcome.ts';
import { fencedOutError, isOwnedByAnother, ownershipLostError } from '#src/transfer/ownership.ts';
import { publishOutcome } from '#src/transfer/publish-outcome.ts';
import { recordRejection } from '#src/transfer/record-rejection.ts';
import { recordContent } from '#src/transfer/same-content.ts';
import { type Ending, endedSchema, readState } from '#src/transfer/state.ts';
import type { Invocation, Needs } from '#src/transfer/step.ts';
import { transferIdOf } from '#src/transfer/transfer-ids.ts';

type RecordPorts = Needs<'store' | 'queue' | 'events'>;

/** How the execution is to end: what Succeed puts out, or what Fail says. */
export type RecordOutcomeResult =
  | { readonly next: 'succeed'; readonly output: Outcome }
  | {
      readonly next: 'fail';
      readonly output: Outcome;
      readonly error: string;
      readonly cause: string;
    };

/**
 * Writes the outcome into the transfer's row, then puts its event, then marks the row as announced:
 * an event may come twice and is never lost. An outcome that is not ours to write (in other hands,
 * done before) changes nothing.
 */
export async function recordOutcome(
  ports: RecordPorts,
  state: unknown,
  invocation: Invocation,
): Promise<RecordOutcomeResult> {
  try {
    return await record(ports, state, invocation);
  } catch (error) {
    // Cancelled since the row was read: it is read once more.
    if (isTransferError(error, 'TransferCancelledError')) return record(ports, state, invocation);
    // Thrown on, it would be called an outcome that could not be recorded, with another next step.
    if (!isTransferError(error, 'FencedOutError')) throw error;
    return unrecorded(readFailure({ Error: error.name, Cause: error.message }));
  }
}

function unrecorded(failure: Failure): RecordOutcomeResult {
  return { next: 'fail', output: { status: 'failed', ...failure }, ...failure };
}

async function record(
  ports: RecordPorts,
  state: unknown,
  invocation: Invocation,
): Promise<RecordOutcomeResult> {
  const ended = readState(endedSchema, state);
  const transfer = await ownTransfer(ports, ended, invocation);
  if (isCancelled(ended.error, transfer)) return recordCancelled(ports, transfer, ended);
  // It has queued the transfer, and only its answer was lost: another execution goes on.
  if (ended.error && transfer?.state === 'queued')
    return { next: 'succeed', output: await queuedEnding(ports, transfer) };
  if (ended.error && !transfer && (await isStillQueued(ports, ended)))
    return unrecorded(readFailure(ended.error));
  if (ended.error && !transfer) await assertOwned(ports, ended, invocation);
  if (ended.error) return recordFailure(ports, transfer, readFailure(ended.error), invocation);
  const { ending } = ended;
  if (ending?.status !== 'ready' && ending?.status !== 'superseded') {
    if (ending?.status === 'already-ingested') await publishLate(ports, ending);
    return { next: 'succeed', output: { ...ending } };
  }
  if (!transfer) throw fencedOutError(ended.transferId ?? '', undefined);
  return { next: 'succeed', output: await recordEnding(ports, transfer, ending, invocation) };
}

function isCancelled(
  error: { readonly Error: string } | undefined,
  transfer: TransferRecord | undefined,
): boolean {
  const name: ErrorName = 'TransferCancelledError';
  return error?.Error === name || (transfer !== undefined && isCancelledByRequest(transfer));
}

/** The outcome was written when it was cancelled; what it still held is released. */
async function recordCancelled(
  ports: RecordPorts,
  transfer: TransferRecord | undefined,
  { transferId }: { transferId?: string | undefined },
): Promise<RecordOutcomeResult> {
  if (!transfer) return { next: 'succeed', output: { status: 'cancelled', transferId } };
  await releaseSlotOrTicket(ports, transfer);
  await publishOutcome(ports, transfer);
  return { next: 'succeed', output: transfer.outcome ?? { status: 'cancelled', transferId } };
}

/** A ready asset whose execution could not put its event: the next one to see it does. */
async function publishLate(ports: RecordPorts, ending: Ending): Promise<void> {
  const row = await ports.store.transfer(String(ending.transferId));
  if (row?.state === 'ready') await publishOutcome(ports, row);
}

/** How a state names its transfer. */
type Named = Pick<z.infer<typeof endedSchema>, 'transferId' | 'dispatched' | 'object'>;

function idOf({ transferId, dispatched }: Omit<Named, 'object'>): string | undefined {
  return transferId ?? dispatched?.transferId;
}

/** The dispatcher starts the next execution for a queued transfer, and fails it after enough of them. */
async function isStillQueued({ store }: RecordPorts, { dispatched }: Named): Promise<boolean> {
  return (
    dispatched !== undefined && (await store.transfer(dispatched.transferId))?.state === 'queued'
  );
}

/** The row, if this execution owns it; also where it failed between owning and saying so. */
async function ownTransfer(
  { store }: RecordPorts,
  { object, ...named }: Named,
  { executionId }: Invocation,
): Promise<TransferRecord | undefined> {
  const id =
    idOf(named) ?? (object && transferIdOf(object, await store.latestIngestNumber(object)));
  const transfer = id ? await store.transfer(id) : undefined;
  return transfer?.owner === executionId ? transfer : undefined;
}

/**
 * What another execution has taken over, that one tells of: an execution that was stopped on its way
 * to fail and redriven later must not call a ready asset failed. A state that names the transfer was
 * made by its owner; before that only a note says which one the execution went for.
 */
async function assertOwned(
  { store }: RecordPorts,
  named: Named,
  invocation: Invocation,
): Promise<void> {
  const id = idOf(named) ?? (await store.transferOfExecution(invocation.executionId));
  const row = id === undefined ? undefined : await store.transfer(id);
  if (!row || (idOf(named) === undefined && !isOwnedByAnother(row, invocation))) return;
  throw fencedOutError(row.transferId, row.owner);
}

async function recordEnding(
  ports: RecordPorts,
  transfer: TransferRecord,
  ending: Ending,
  invocation: Invocation,
): Promise<Outcome> {
  const output = await describeOutcome(ports, transfer, invocation, {
    status: ending.status,
    why: ending.why,
    duplicates: ending.duplicates,
  });
  const { secondsToReady } = output;
  ports.meter.add(ending.status === 'ready' ? 'TransfersReady' : 'TransfersSuperseded', 1);
  if (typeof secondsToReady === 'number') ports.meter.add('TimeToReady', secondsToReady);
  const isReady = ending.status === 'ready';
  if (isReady) await recordContent(ports, transfer);
  await writeAndAnnounce(ports, transfer, isReady ? 'ready' : 'superseded', output);
  return output;
}

async function recordFailure(
  ports: RecordPorts,
  transfer: TransferRecord | undefined,
  failure: Failure,
  invocation: Invocation,
): Promise<RecordOutcomeResult> {
  const told = { status: 'failed', error: failure.error, cause: failure.cause };
  if (failure.error === 'FencedOutError') return { next: 'fail', output: told, ...failure };
  ports.meter.add('TransfersFailed', 1);
  ports.meter.add('FailuresByError', 1, failure.error);
  if (!transfer)
    return { next: 'fail', output: await recordRejection(ports, told, invocation), ...failure };
  const output = await describeOutcome(ports, transfer, invocation, told);
  await writeAndAnnounce(ports, transfer, 'failed', output);
  return { next: 'fail', output, ...failure };
}

async function writeAndAnnounce(
  ports: RecordPorts,
  transfer: TransferRecord,
  state: TransferState,
  outcome: Outcome,
): Promise<void> {
  // What was announced before may have been another end: a settled execution can be redriven.
  const isSame = transfer.state === state && transfer.outcome?.error === outcome.error;
  const outcomePublished = transfer.outcomePublished && isSame;
  const patch = { state, outcome, outcomePublished };
  const changedAt = ports.clock.now();
  await writeOutcome(ports, transfer, patch, changedAt);
  await releaseSlotOrTicket(ports, transfer);
  await publishOutcome(ports, { ...transfer, ...patch, changedAt });
}

/** What the reconciler wrote meanwhile is replaced; that an operator cancelled the transfer is not. */
async function writeOutcome(
  ports: RecordPorts,
  { transferId, fence, ...transfer }: TransferRecord,
  patch: TransferPatch,
  now: number,
): Promise<void> {
  let { state } = transfer;
  for (let round = 0; round < maxWritingRounds; round++) {
    if (await ports.store.patchTransfer(transferId, fence, patch, now, { state })) return;
    const row = await ports.store.transfer(transferId);
    if (row?.fence !== fence || isCancelledByRequest(row)) break;
    state = row.state;
  }
  throw await ownershipLostError(ports, { transferId });
}

/** Each round lost means that the row's state changed meanwhile. */
const maxWritingRounds = 3;
