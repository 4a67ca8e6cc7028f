import type * as z from 'zod/mini';
import { endAsQueued } from '#src/admission/join-queue.ts';
import { releaseSlotOrTicket } from '#src/admission/slots.ts';
import { errorMeans, nameMeans } from '#src/core/errors/error-meanings.ts';
import { isPreflightInput } from '#src/core/preflight-findings.ts';
import { isCancelledByRequest, type TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { type Failure, readFailure } from '#src/outcome/failure.ts';
import {
  countFailure,
  describeOutcome,
  type Outcome,
  type RecordOutcomeResult,
} from '#src/outcome/outcome.ts';
import { publishOutcome } from '#src/outcome/publish-outcome.ts';
import { recordRejection } from '#src/outcome/record-rejection.ts';
import { fencedOutError } from '#src/step-support/ownership.ts';
import { recordContent } from '#src/step-support/same-content.ts';
import {
  type CaughtError,
  dispatchedStartIn,
  type Ending,
  endedSchema,
  errorThatEnded,
  readState,
} from '#src/step-support/state.ts';
import type { Invocation, Needs } from '#src/step-support/step.ts';
import { failPreflight } from './fail-preflight.ts';
import { assertNotTakenOver, findOwnedTransfer, isStillQueued } from './find-transfer.ts';
import { writeAndPublish } from './write-outcome.ts';

type RecordPorts = Needs<'store' | 'queue' | 'events'>;

/**
 * Writes the outcome into the transfer's row, publishes its event, then marks the row as published. The
 * event may arrive twice and is never lost. Changes nothing if another execution owns the transfer, or
 * if the outcome is written already.
 */
export async function recordOutcome(
  ports: RecordPorts,
  state: unknown,
  invocation: Invocation,
): Promise<RecordOutcomeResult> {
  try {
    return await record(ports, state, invocation);
  } catch (error) {
    // An operator cancelled the transfer after the row was read, so read the row again.
    if (errorMeans(error, 'cancelled')) return record(ports, state, invocation);
    if (!errorMeans(error, 'ownershipLost')) throw error;
    // If thrown, the Catch would report OutcomeNotRecordedError, with the wrong next step.
    return failWithoutRow(readFailure({ Error: error.name, Cause: error.message }));
  }
}

/** Fails the execution without a row: another execution reports the transfer. */
function failWithoutRow(failure: Failure): RecordOutcomeResult {
  return { next: 'fail', output: { status: 'failed', ...failure }, ...failure };
}

async function record(
  ports: RecordPorts,
  state: unknown,
  invocation: Invocation,
): Promise<RecordOutcomeResult> {
  const received = readState(endedSchema, state);
  const ended = {
    ...dispatchedStartIn(invocation.executionInput),
    ...received,
    error: errorThatEnded(received),
  };
  if (ended.error && isPreflightInput(invocation.executionInput)) return failPreflight(ended.error);
  const transfer = await findOwnedTransfer(ports, ended, invocation);
  if (isCancelled(ended.error, transfer)) return recordCancelled(ports, transfer, ended);
  return ended.error
    ? recordError(ports, transfer, { ...ended, error: ended.error }, invocation)
    : recordEnding(ports, transfer, ended, invocation);
}

/** A state that RecordOutcome receives, with its error. */
type Ended = z.infer<typeof endedSchema> & { readonly error?: CaughtError | undefined };

function isCancelled(error: Ended['error'], transfer: TransferRecord | undefined): boolean {
  return (
    (error !== undefined && nameMeans(error.Error, 'cancelled')) ||
    (transfer !== undefined && isCancelledByRequest(transfer))
  );
}

/** Releases what a cancelled transfer still holds. Its outcome was written when it was cancelled. */
async function recordCancelled(
  ports: RecordPorts,
  transfer: TransferRecord | undefined,
  { transferId }: Ended,
): Promise<RecordOutcomeResult> {
  if (!transfer) return { next: 'succeed', output: { status: 'cancelled', transferId } };
  await releaseSlotOrTicket(ports, transfer);
  await publishOutcome(ports, transfer);
  return { next: 'succeed', output: transfer.outcome ?? { status: 'cancelled', transferId } };
}

async function recordError(
  ports: RecordPorts,
  transfer: TransferRecord | undefined,
  ended: Ended & { readonly error: CaughtError },
  invocation: Invocation,
): Promise<RecordOutcomeResult> {
  // The transfer was queued, and only the reply was lost: another execution continues it.
  if (transfer?.state === 'queued')
    return { next: 'succeed', output: await endAsQueued(ports, transfer) };
  const failure = readFailure(ended.error);
  if (transfer) return recordFailure(ports, transfer, failure, invocation);
  if (await isStillQueued(ports, ended)) return failWithoutRow(failure);
  await assertNotTakenOver(ports, ended, invocation);
  return recordFailure(ports, undefined, failure, invocation);
}

async function recordFailure(
  ports: RecordPorts,
  transfer: TransferRecord | undefined,
  failure: Failure,
  invocation: Invocation,
): Promise<RecordOutcomeResult> {
  if (nameMeans(failure.error, 'ownershipLost')) return failWithoutRow(failure);
  countFailure(ports, failure.error);
  const reported = { status: 'failed', ...failure };
  if (!transfer)
    return { next: 'fail', output: await recordRejection(ports, reported, invocation), ...failure };
  const output = await describeOutcome(ports, transfer, invocation, reported);
  await writeAndPublish(ports, transfer, 'failed', output);
  return { next: 'fail', output, ...failure };
}

async function recordEnding(
  ports: RecordPorts,
  transfer: TransferRecord | undefined,
  { transferId, ending }: Ended,
  invocation: Invocation,
): Promise<RecordOutcomeResult> {
  if (ending?.status !== 'ready' && ending?.status !== 'superseded') {
    if (ending?.status === 'already-ingested') await publishLate(ports, ending);
    return { next: 'succeed', output: { ...ending } };
  }
  if (!transfer) throw fencedOutError(transferId ?? '', undefined);
  return { next: 'succeed', output: await recordEnd(ports, transfer, ending, invocation) };
}

/** Publishes the event of a ready asset if its own execution did not. */
async function publishLate(ports: RecordPorts, ending: Ending): Promise<void> {
  const row = await ports.store.transfer(String(ending.transferId));
  if (row?.state === 'ready') await publishOutcome(ports, row);
}

async function recordEnd(
  ports: RecordPorts,
  transfer: TransferRecord,
  { status, why, duplicates }: Ending,
  invocation: Invocation,
): Promise<Outcome> {
  const output = await describeOutcome(ports, transfer, invocation, { status, why, duplicates });
  const { secondsToReady } = output;
  const isReady = status === 'ready';
  ports.meter.add(isReady ? 'TransfersReady' : 'TransfersSuperseded', 1);
  if (typeof secondsToReady === 'number') ports.meter.add('TimeToReady', secondsToReady);
  if (isReady) await recordContent(ports, transfer);
  await writeAndPublish(ports, transfer, isReady ? 'ready' : 'superseded', output);
  return output;
}
