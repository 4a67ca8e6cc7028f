import { queuedEnding } from '#src/admission/join-queue.ts';
import { rewriteTicket } from '#src/admission/restore-ticket.ts';
import { nameMeans } from '#src/core/errors/error-meanings.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { identityOf } from '#src/core/transfer/destination.ts';
import {
  isCancelledByRequest,
  isOver,
  type TransferRecord,
} from '#src/core/transfer/transfer-row.ts';
import { leaseEndFrom } from '#src/step-support/ownership.ts';
import { findSameContent } from '#src/step-support/same-content.ts';
import type { Ending, Inspected } from '#src/step-support/state.ts';
import type { Invocation, Needs } from '#src/step-support/step.ts';
import { transferIdOf } from '#src/step-support/transfer-ids.ts';
import {
  alreadyIngestedEnding,
  cancelledEnding,
  runningElsewhereEnding,
  sameContentEnding,
} from './skipped-starts.ts';

/** Attempts to read and take the row. An attempt fails if another execution changed the row. */
export const maxTakeAttempts = 8;

type TakePorts = Needs<'store' | 'destination' | 'executions' | 'queue'>;

/** Either this execution owns the transfer, or the execution ends. */
export type TakeResult =
  | { readonly taken: TransferRecord; readonly before: TransferRecord | undefined }
  | { readonly ending: Ending };

/** One start that tries to take the transfer of its object version. */
interface Take {
  readonly ports: TakePorts;
  readonly inspected: Inspected;
  readonly invocation: Invocation;
  /** The transfer that this execution recorded as its own, if the start is forced. */
  recordedId?: string | undefined;
}

/**
 * Takes the transfer of an object version, or returns the ending of the start: the version is ingested,
 * queued or cancelled, another execution owns its transfer, or an asset of an earlier version has the
 * same bytes. A version that is an asset already is ingested again if the start is forced (once for
 * each execution) or if the service has lost the asset.
 * @throws RowContendedError - other executions changed the row in every attempt
 */
export async function takeTransfer(
  ports: TakePorts,
  inspected: Inspected,
  invocation: Invocation,
): Promise<TakeResult> {
  const { force } = inspected.options;
  const take: Take = { ports, inspected, invocation };
  if (force) take.recordedId = await ports.store.transferOfExecution(invocation.executionId);
  for (let attempt = 0; attempt < maxTakeAttempts; attempt++) {
    const result = await takeOnce(take);
    if (result) return result;
  }
  throw contendedError();
}

/** Returns undefined if the row or the ingest number changed: the caller reads them again. */
async function takeOnce(take: Take): Promise<TakeResult | undefined> {
  const { ports, inspected, invocation } = take;
  const { objectId } = inspected;
  const ingestNumber = await ports.store.latestIngestNumber(objectId);
  const before = await ports.store.transfer(transferIdOf(objectId, ingestNumber));
  const ending =
    before && (await endingBefore(take, before, transferIdOf(objectId, ingestNumber + 1)));
  if (ending === 'ingest-again') return startNextIngest(take, ingestNumber + 1);
  if (ending) return { ending };
  const { force } = inspected.options;
  const same =
    !force && before?.state !== 'active' && (await findSameContent(ports, inspected, invocation));
  if (same) return { ending: sameContentEnding(same, inspected) };
  const taken = takenRow(take, before, ingestNumber);
  await ports.store.recordExecution(invocation.executionId, taken.transferId);
  return (await ports.store.takeTransfer(taken, before)) ? { taken, before } : undefined;
}

/** Returns the ending that the existing row requires, `ingest-again`, or undefined if the row is free. */
async function endingBefore(
  take: Take,
  before: TransferRecord,
  nextId: string,
): Promise<Ending | 'ingest-again' | undefined> {
  const { ports, inspected, invocation, recordedId } = take;
  const { force } = inspected.options;
  if (before.state === 'queued') return queuedAgain(ports, before);
  if (isClosedToStart(before, inspected, invocation)) return cancelledEnding(before);
  // An execution that recorded another transfer has had its forced ingest already.
  const isForced = force && (!recordedId || recordedId === nextId);
  if (before.state === 'ready' && before.assetId !== undefined) {
    const isIngested = !isForced && (await assetExists(ports, before.assetId, invocation));
    return isIngested ? alreadyIngestedEnding(before) : 'ingest-again';
  }
  if (isForced && isUnresumable(before)) return 'ingest-again';
  return (await isFree(ports, before, invocation)) ? undefined : runningElsewhereEnding(before);
}

async function startNextIngest(take: Take, ingestNumber: number): Promise<undefined> {
  const { ports, inspected, invocation } = take;
  const nextId = transferIdOf(inspected.objectId, ingestNumber);
  await ports.store.recordExecution(invocation.executionId, nextId);
  take.recordedId = nextId;
  await ports.store.raiseIngestNumber(inspected.objectId, ingestNumber);
}

/** True for a cancelled transfer, unless a manual start came after the cancel. */
function isClosedToStart(
  row: TransferRecord,
  { start }: Inspected,
  { executionStartedAt }: Invocation,
): boolean {
  if (row.state !== 'cancelled') return false;
  if (start === 'event') return true;
  const cancelledAt = Date.parse(String(row.outcome?.cancelledAt));
  return isCancelledByRequest(row) && cancelledAt > executionStartedAt;
}

export function contendedError(): TransferError {
  return new TransferError(
    'RowContendedError',
    `other executions changed the transfer's row in each of ${maxTakeAttempts} attempts`,
  );
}

/**
 * True if a transfer that ended would only end the same way again: its bytes are complete, or the
 * service contradicts itself about its session.
 */
function isUnresumable({ state, bytesCompleteAt, outcome }: TransferRecord): boolean {
  if (!isOver(state)) return false;
  const isContradicted = nameMeans(String(outcome?.error), 'serviceContradicted');
  return bytesCompleteAt !== undefined || isContradicted;
}

/**
 * True if this execution may take the row: it owns the row, the transfer is over, or the owner has
 * ended. The lease decides if the state of the owner is unknown.
 */
async function isFree(
  { executions, clock }: Needs<'executions'>,
  row: TransferRecord,
  { executionId }: Invocation,
): Promise<boolean> {
  if (row.owner === executionId || row.state !== 'active') return true;
  const status = await executions.statusOf(row.owner);
  return status === 'unknown' ? row.leaseUntil < clock.now() : status === 'ended';
}

async function assetExists(
  { destination }: Needs<'destination'>,
  assetId: string,
  { signal }: Invocation,
): Promise<boolean> {
  return (await destination.assetStatus(assetId, { signal })).phase !== 'missing';
}

/** Writes the ticket again, which restores a lost ticket, and returns the ending. */
async function queuedAgain(ports: Needs<'queue'>, row: TransferRecord): Promise<Ending> {
  await rewriteTicket(ports, row);
  return queuedEnding(ports, row);
}

function takenRow(
  { ports, inspected, invocation }: Take,
  before: TransferRecord | undefined,
  ingestNumber: number,
): TransferRecord {
  const { objectId, source, options } = inspected;
  const now = ports.clock.now();
  return {
    ...before,
    transferId: transferIdOf(objectId, ingestNumber),
    state: 'active',
    destination: identityOf(ports.destination, options),
    ingestNumber,
    source,
    options,
    owner: invocation.executionId,
    fence: (before?.fence ?? 0) + 1,
    leaseUntil: leaseEndFrom(now),
    sessionNumber: before?.sessionNumber ?? 0,
    createdAt: before?.createdAt ?? now,
    changedAt: now,
    ...keptSlotOrTicket(before, options),
    ...clearedEnd,
    retries: before?.retries ?? {},
  };
}

/** Returns the slot and the ticket of an owner that ended without the transfer: they stay with the transfer. */
function keptSlotOrTicket(
  before: TransferRecord | undefined,
  { priority }: TransferRecord['options'],
): Pick<TransferRecord, 'slot' | 'ticketNumber'> {
  if (before?.state !== 'active' || before.bytesCompleteAt !== undefined)
    return { slot: undefined, ticketNumber: undefined };
  // Numbers belong to a priority: with another priority, the number can belong to another transfer.
  const isSamePriority = before.options.priority === priority;
  return { slot: before.slot, ticketNumber: isSamePriority ? before.ticketNumber : undefined };
}

/** Fields of an earlier end, which a new owner removes. */
const clearedEnd = {
  assetId: undefined,
  failedStarts: undefined,
  fullHistories: undefined,
  bytesCompleteAt: undefined,
  checksumSkipped: undefined,
  arrivalUnproven: undefined,
  outcome: undefined,
  outcomePublished: false,
} as const;
